using UserProxy.Policy;

namespace UserProxy.Udp;

/// <summary>
/// The sockets of one loop towards endpoints, by number in each pool. Implemented by the datagram transport, called by its <see cref="SessionTable"/>.
/// </summary>
public interface IUpstreamSockets
{
    /// <summary>
    /// Opens the port with this number, which is closed. The number is at most one above the highest open one; lower ones may be closed. False when no
    /// descriptor or port is free. Such a refusal is cheap: it may be asked again and again.
    /// </summary>
    bool TryOpen(PoolKey pool, int port);

    /// <summary>The same, with a client's address, to one endpoint: a socket of a pool that is kept.</summary>
    UpstreamOpening Open(PoolKey pool, int port, DialSource source, in DatagramAddress endpoint) => UpstreamOpening.Refused;

    /// <summary>What an open socket of a pool that is kept is bound to.</summary>
    DatagramAddress SourceOf(PoolKey pool, int port) => default;

    /// <summary>By which number the network knows an open port; null where nobody can say.</summary>
    int? NumberOf(PoolKey pool, int port) => null;

    /// <summary>Closes the open port with this number.</summary>
    void Close(PoolKey pool, int port);
}

/// <summary>What became of a socket with a client's address.</summary>
public enum UpstreamOpening
{
    /// <summary>It is open.</summary>
    Opened,

    /// <summary>No port, descriptor or memory is left: the end of another one makes room.</summary>
    NoneLeft,

    /// <summary>Each port that the kernel gave has to rest, for another session: the end of one makes no room. Said by <see cref="KeptPorts"/> alone.</summary>
    AllRest,

    /// <summary>The kernel does not give it, whatever else is open: no route, no right.</summary>
    Refused,
}
