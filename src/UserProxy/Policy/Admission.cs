using System.Net;
using UserProxy.Model;

namespace UserProxy.Policy;

/// <summary>
/// Which clients a listener lets in: those in at least one block of <em>every</em> group. Handed to a transport, which has the kernel discard the SYNs of the
/// others where it can; asked again by each connection, before it dials, as the second line. No admission at all (null) lets everyone in.
/// </summary>
public sealed record Admission(ValueList<ValueList<CidrBlock>> Groups)
{
    /// <summary>
    /// The blocks for clients that a load balancer tells of (PROXY protocol); empty is everyone. The load balancers themselves are in <see cref="Groups"/>.
    /// </summary>
    public ValueList<CidrBlock> ToldRanges { get; init; } = [];

    /// <summary>A group without blocks lets nobody in.</summary>
    public static Admission Nobody { get; } = new([[]]);

    public bool Admits(IPAddress client)
    {
        if (client.IsIPv4MappedToIPv6) client = client.MapToIPv4();
        foreach (var group in Groups.AsSpan())
        {
            if (!Contains(group.AsSpan(), client)) return false;
        }

        return true;
    }

    /// <summary>Whether a client that a load balancer has told of may be served. Blocks of the other family do not let it in.</summary>
    public bool AdmitsTold(IPAddress client) => ToldRanges.Count == 0 || Contains(ToldRanges.AsSpan(), client);

    private static bool Contains(ReadOnlySpan<CidrBlock> blocks, IPAddress client)
    {
        foreach (var block in blocks)
        {
            if (block.Contains(client)) return true;
        }

        return false;
    }
}
