using System.Net;
using UserProxy.Model;

namespace UserProxy.Policy;

/// <summary>
/// Which clients a listener lets in: those in at least one block of <em>every</em> group. Handed to a transport, which has the kernel discard the SYNs of the
/// others where it can; asked again by each connection, before it dials, as the second line. No admission at all (null) lets everyone in.
/// </summary>
public sealed record Admission(ValueList<ValueList<CidrBlock>> Groups)
{
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

    private static bool Contains(ReadOnlySpan<CidrBlock> blocks, IPAddress client)
    {
        foreach (var block in blocks)
        {
            if (block.Contains(client)) return true;
        }

        return false;
    }
}
