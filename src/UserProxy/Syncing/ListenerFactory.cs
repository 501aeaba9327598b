using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Serving;
using UserProxy.Tcp;
using UserProxy.Udp;

namespace UserProxy.Syncing;

/// <summary>Starts the listeners of either protocol: all that the slots need to know of TCP and UDP. Used by the Proxier's loop.</summary>
internal sealed class ListenerFactory(
    ConnectionServices connections, IDatagramTransport datagrams, DatagramServices datagramServices, InheritedSockets? inherited = null)
{
    public async ValueTask<IServiceListener> StartAsync(
        ListenAddress address, ServicePortState service, Admission? admission, PortSharing sharing = PortSharing.Alone)
    {
        var sockets = inherited?.Take(service.Name.Protocol, address.EndPoint);
        try
        {
            return service is UdpPortState udp
                ? await UdpServiceListener.StartAsync(address, udp, admission, sharing, datagrams, datagramServices, sockets)
                : await ServiceListener.StartAsync(address, (TcpPortState)service, admission, sharing, connections, sockets);
        }
        finally
        {
            // Those that nobody has taken: the others are their listeners'.
            foreach (var socket in sockets ?? []) socket.Dispose();
        }
    }
}
