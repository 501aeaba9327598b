using System.Net;
using System.Net.Sockets;
using System.Text;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;
using UserProxy.Model;

namespace UserProxy.FunctionalTests.Udp;

/// <summary>
/// A server on the wildcard answers from the address that the kernel prefers, and not from the one that it was asked at; both are endpoints. No client hears
/// what was said to another one.
/// </summary>
public sealed class MultiHomedServerTests
{
    private const int Clients = 100;

    /// <summary>Whose endpoints 127.0.0.1 and 127.0.0.2 are, of one Service or of two.</summary>
    public static TheoryData<TransportKind, ulong, bool> Cases { get; } = new(
        from transport in Enum.GetValues<TransportKind>()
        from pod in new ulong[] { 0, 7 }
        from isOneService in new[] { true, false }
        select new TheoryDataRow<TransportKind, ulong, bool>(transport, pod, isOneService));

    /// <param name="transport">Of TCP; UDP is beside either.</param>
    /// <param name="pod">Of the first endpoint, as a Pod in the network of its host: the second one is written by hand.</param>
    /// <param name="isOneService">Both are endpoints of it.</param>
    [Theory]
    [MemberData(nameof(Cases))]
    public async Task AnswersComeFromItsOtherAddress_NobodyGetsThoseOfAnother(TransportKind transport, ulong pod, bool isOneService)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "UDP ports are served on Linux only");
        await using var server = DatagramBackend.Echo(Bound(IPAddress.Any));
        Endpoint[] endpoints =
        [
            new(IPAddress.Parse("127.0.0.1"), server.EndPoint.Port) { Pod = pod },
            new(IPAddress.Parse("127.0.0.2"), server.EndPoint.Port),
        ];
        Service To(params Endpoint[] some) => Service.OnFreePort() with { Protocol = TransportProtocol.Udp, Endpoints = some };
        Service[] services = isOneService ? [To(endpoints)] : [To(endpoints[0]), To(endpoints[1])];
        await using var proxy = await Proxy.StartAsync(transport, services);
        long Heard() => services.Sum(service => proxy.StatusOf(service).Udp!.DatagramsOut);

        var sockets = Enumerable.Range(0, Clients).Select(_ => Bound(IPAddress.Loopback)).ToList();
        for (int client = 0; client < Clients; client++)
            await sockets[client].SendToAsync(Encoding.ASCII.GetBytes($"question {client}"), services[client % services.Length].Address);

        await Eventually.IsTrue(() => Heard() + proxy.UnexpectedDatagrams == Clients, "all answers have come to the proxy");
        await Eventually.IsTrue(() => sockets.Count(socket => socket.Available > 0) == Heard(), "and those that are for somebody to the clients");

        byte[] buffer = new byte[64];
        for (int client = 0; client < Clients; client++)
        {
            while (sockets[client].Available > 0)
                Encoding.ASCII.GetString(buffer, 0, await sockets[client].ReceiveAsync(buffer)).ShouldBe($"question {client}");
            sockets[client].Dispose();
        }

        (Heard(), proxy.UnexpectedDatagrams).ShouldBe((Clients / 2, Clients / 2), "the server answers from one address");
    }

    private static Socket Bound(IPAddress address)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(address, 0));
        return socket;
    }
}
