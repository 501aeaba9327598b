using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Scheduling;
using UserProxy.Serving;
using UserProxy.Syncing;
using UserProxy.Tcp;
using UserProxy.Tcp.Sockets;
using UserProxy.Udp;

namespace UserProxy.Tests.Tcp;

/// <summary>Connections that exist, of clients that are an address only.</summary>
internal static class Connections
{
    public static TcpPortState Service() => new(new ServicePortName("test", "service", "", TransportProtocol.Tcp), new SchedulerCursor(0));

    public static ConnectionServices Services(TimeProvider time, OwnAddresses? own = null)
    {
        own ??= new OwnAddresses(() => []);
        var guard = new DialGuard(allowLoopback: false, own, new OwnListeners());
        var loops = new LoopReports((_, _) => { });
        return new ConnectionServices(
            new SocketTransport(), new DescriptorBudget(100, 0), guard, own, new LoggedCount(), new LoggedCount(), loops, time, NullLogger.Instance);
    }

    /// <summary>Of a node without addresses.</summary>
    public static NodeNetwork Network { get; } = new(() => [], FindSockets: null);

    /// <summary>TCP alone.</summary>
    public static ListenerFactory Listeners(ConnectionServices services)
    {
        var datagrams = new DatagramServices(
            SessionLimits.Default, services.Descriptors, services.Transport.Memory, services.Guard, services.Own, services.Loops, services.Time, services.Log);
        return new ListenerFactory(services, new NoDatagrams("no UDP in this test"), datagrams);
    }

    public static Connection To(TcpPortState service, ConnectionServices services, string client) =>
        new(service, ListenerKind.NodePort, null, new UnconnectedClient(IPAddress.Parse(client)), services);

    private sealed class UnconnectedClient(IPAddress address) : TransportConnection(new(IPAddress.Any, 80), new(address, 1024))
    {
        public override System.IO.Pipelines.PipeScheduler Scheduler => System.IO.Pipelines.PipeScheduler.Inline;

        public override System.IO.Pipelines.IDuplexPipe Transport { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Abort(ConnectionAbortedException abortReason)
        {
        }

        public override ValueTask DisposeAsync() => default;
    }
}
