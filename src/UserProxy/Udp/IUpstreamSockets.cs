using System.Net.Sockets;

namespace UserProxy.Udp;

/// <summary>The sockets of one loop towards endpoints, by index in each address family. Implemented by the datagram transport, called by its <see cref="SessionTable"/>.</summary>
public interface IUpstreamSockets
{
    /// <summary>Opens one more, with the next index; false when no descriptor or port can be had.</summary>
    bool TryOpen(AddressFamily family);

    /// <summary>Closes the one with the highest index.</summary>
    void CloseLast(AddressFamily family);
}
