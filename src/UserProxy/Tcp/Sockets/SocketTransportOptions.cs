using System.Net.Sockets;
using System.Runtime.InteropServices;
using UserProxy.Policy;

namespace UserProxy.Tcp.Sockets;

/// <summary>The settings of <see cref="SocketTransport"/>; the defaults suit a node proxy.</summary>
public sealed class SocketTransportOptions
{
    /// <summary>Length asked for the accept queue; the kernel caps it at net.core.somaxconn (4096 since Linux 5.4).</summary>
    public int Backlog { get; init; } = 4096;

    /// <summary>
    /// Silence after which the kernel probes whether a peer is still there; its own default of two hours is of no use. At most: probes of many sockets that
    /// come together are lost together, so each has a time of its own from half of it on.
    /// </summary>
    public TimeSpan KeepAliveTime { get; init; } = TimeSpan.FromSeconds(60);

    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Unanswered probes after which the kernel gives the peer up.</summary>
    public int KeepAliveRetries { get; init; } = 4;

    /// <summary>How to have SYNs discarded. Null: clients that are not admitted are accepted and reset.</summary>
    public SetSynFilter? SetSynFilter { get; init; }

    /// <summary>How a dial leaves with a client's address. Null: such a dial fails.</summary>
    public BindSource? BindSource { get; init; }

    /// <summary>Bytes that one direction of a relay may hold in user memory for a peer that does not read.</summary>
    public int RelayBufferLimit { get; init; } = 64 * 1024;

    /// <summary>Bytes that the process may have in all: connections get half of them.</summary>
    public long Memory { get; init; } = long.MaxValue;
}

/// <summary>
/// Binds a TCP socket that is about to be dialled to a client's address; says what the system said. On Linux the executable gives
/// UserProxy.Linux.TransparentBind: this library has no native code.
/// </summary>
public delegate SocketError BindSource(SafeHandle socket, DialSource source);

/// <summary>
/// Has the system discard the SYNs of clients that a TCP socket does not admit (null: takes that back); false when it does not. Does not throw. On Linux
/// the executable gives UserProxy.Linux.SynFilter: this library has no native code.
/// </summary>
public delegate bool SetSynFilter(SafeHandle socket, AddressFamily family, Admission? admission);
