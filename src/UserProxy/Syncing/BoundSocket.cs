using System.Net;
using System.Net.Sockets;
using UserProxy.Model;

namespace UserProxy.Syncing;

/// <summary>A socket of this node that keeps others from binding its port, ours or somebody else's.</summary>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="Local">Where it is bound.</param>
/// <param name="TakesIPv4">Bound to the IPv6 wildcard, it has the port of every IPv4 address, too.</param>
/// <param name="Owner">The process in words; null when it was not asked for or cannot be seen.</param>
/// <param name="IsOurs">It is of this process; false when owners were not asked for.</param>
public sealed record BoundSocket(TransportProtocol Protocol, IPEndPoint Local, bool TakesIPv4, string? Owner, bool IsOurs)
{
    /// <summary>The system's number of it: another one at the same address is another socket.</summary>
    public ulong Inode { get; init; }

    /// <summary>Whoever asks there is answered: of TCP it is in LISTEN, of UDP it is not connected.</summary>
    public bool Answers { get; init; } = true;

    /// <summary>Its one peer: a connection that was made from this port, or a UDP socket that is connected. Null for none.</summary>
    public IPEndPoint? ConnectedTo { get; init; }

    /// <summary>A connection that its process has closed; the kernel finishes it, and keeps its port until then (TIME_WAIT, a minute).</summary>
    public bool IsKept { get; init; }

    /// <summary>Of the sockets that keep us from <paramref name="wanted"/> those of others; our own when there are none.</summary>
    public static IReadOnlyList<BoundSocket> HoldersOf(IEnumerable<BoundSocket> sockets, TransportProtocol protocol, params IEnumerable<IPEndPoint> wanted)
    {
        var blocking = sockets.Where(socket => wanted.Any(each => socket.Blocks(protocol, each))).ToList();
        var others = blocking.FindAll(socket => !socket.IsOurs);
        return others.Count > 0 ? others : blocking;
    }

    /// <summary>Nobody else can bind <paramref name="wanted"/> while it is there.</summary>
    public bool Blocks(TransportProtocol protocol, IPEndPoint wanted)
    {
        if (protocol != Protocol || wanted.Port != Local.Port) return false;
        if (Local.AddressFamily != wanted.AddressFamily) return TakesIPv4 && wanted.AddressFamily == AddressFamily.InterNetwork;
        return Local.Address.Equals(wanted.Address) || Local.Address.IsWildcard() || wanted.Address.IsWildcard();
    }

    public override string ToString()
    {
        // Each with another peer: many are one line.
        if (IsKept) return $"the kernel, which keeps closed connections at {Local} for a minute (TIME_WAIT) that no process has any more";
        string use = ConnectedTo is { } peer ? $", connected to {peer}" : Answers ? "" : ", bound without listening";
        string owner = IsOurs ? $"this userproxy itself, {Owner}," : Owner ?? "a process that cannot be seen from here";
        return $"{owner} at {Local}{use}";
    }
}
