namespace UserProxy.Udp;

/// <summary>
/// The sockets of one loop towards endpoints, by number in each pool. Implemented by the datagram transport, called by its <see cref="SessionTable"/>.
/// </summary>
public interface IUpstreamSockets
{
    /// <summary>
    /// Opens the one with this number, which is closed: at most one above the highest that is open; lower ones may be closed. False, and cheap when it is asked
    /// again and again, when no descriptor or port can be had.
    /// </summary>
    bool TryOpen(PoolKey pool, int port);

    /// <summary>Closes the one with this number, which is open.</summary>
    void Close(PoolKey pool, int port);
}
