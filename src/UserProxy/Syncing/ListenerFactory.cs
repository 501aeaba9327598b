using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Serving;
using UserProxy.Tcp;
using UserProxy.Udp;

namespace UserProxy.Syncing;

/// <summary>Starts the listeners of either protocol: all that the slots need to know of TCP and UDP. Used by the Proxier's loop.</summary>
internal sealed class ListenerFactory(ConnectionServices connections, IDatagramTransport datagrams, DatagramServices datagramServices)
{
    public async ValueTask<IServiceListener> StartAsync(
        ListenAddress address, ServicePortState service, Admission? admission, PortSharing sharing = PortSharing.Alone) =>
        service is UdpPortState udp
            ? await UdpServiceListener.StartAsync(address, udp, admission, sharing, datagrams, datagramServices)
            : await ServiceListener.StartAsync(address, (TcpPortState)service, admission, sharing, connections);
}
