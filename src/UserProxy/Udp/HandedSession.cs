using System.Runtime.InteropServices;
using UserProxy.Scheduling;

namespace UserProxy.Udp;

/// <summary>One UDP session on its way to another process: its flow goes on there, to the same endpoint from the same port.</summary>
/// <param name="Listener">Where it came to.</param>
/// <param name="Socket">Which of the listener's sockets: clients stay with theirs.</param>
/// <param name="Client">The client's address and port.</param>
/// <param name="Local">The address that the client writes to.</param>
/// <param name="Endpoint">Where its datagrams go.</param>
/// <param name="OfPods">The pool of <paramref name="Port"/>.</param>
/// <param name="Port">The number of the socket that they leave by.</param>
/// <param name="Class">As the table has it, with a bit for a client's address that is kept.</param>
/// <param name="Age">Since its first datagram.</param>
/// <param name="Idle">Since its last one.</param>
/// <param name="DatagramsIn">To the endpoint.</param>
/// <param name="DatagramsOut">To the client.</param>
/// <param name="BytesIn">To the endpoint.</param>
/// <param name="BytesOut">To the client.</param>
public readonly record struct HandedSession(
    DatagramAddress Listener, int Socket, DatagramAddress Client, ClientAddress Local, DatagramAddress Endpoint, bool OfPods, int Port, byte Class,
    TimeSpan Age, TimeSpan Idle, long DatagramsIn, long DatagramsOut, long BytesIn, long BytesOut)
{
    /// <summary>For a version that does not know of it the session has no class that there is, and begins anew.</summary>
    private const byte Kept = 0x80;

    /// <summary><see cref="Port"/> is of a pool that is kept.</summary>
    public bool IsKept => (Class & Kept) != 0;

    internal byte StandardClass => (byte)(Class & ~Kept);

    internal static byte ClassOf(SessionClass @class, bool isKept) => (byte)((byte)@class | (isKept ? Kept : 0));
}

/// <summary>A socket towards endpoints, for another process.</summary>
/// <param name="Pool">Of the loop's.</param>
/// <param name="Port">Its number there.</param>
/// <param name="Socket">Stays its owner's, or is its heir's.</param>
public readonly record struct HandedUpstream(PoolKey Pool, int Port, SafeHandle Socket);

/// <summary>What one loop has under way: its sessions, and the sockets to which answers come.</summary>
public sealed record HandedLoop(IReadOnlyList<HandedUpstream> Upstream, IReadOnlyList<HandedSession> Sessions);
