using System.Net;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;
using UserProxy.Model;

namespace UserProxy.FunctionalTests.ProxyProtocol;

/// <summary>UDP endpoints are told the client before each datagram, by version 2; answers go back as they are.</summary>
public sealed class DatagramHeaderTests
{
    private static readonly byte[] Signature = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A];

    [Fact]
    public async Task V2_IsBeforeEachDatagram_AndAnswersHaveNone()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "UDP is served on Linux");
        await using var backend = DatagramBackend.Echo(DatagramBackend.OnLoopback());
        var settings = new ServiceSettings { ProxyProtocol = ProxyProtocolVersion.V2, ProxyV2Options = ProxyV2Options.Crc32c };
        await using var proxy = await Proxy.StartAsync(TransportKind.Sockets, Service.OnFreePort().To(backend).With(settings));
        using var client = Client(proxy);
        foreach (int length in new[] { 0, 1, 100, 60_000 })
        {
            byte[] datagram = new byte[length];
            Random.Shared.NextBytes(datagram);

            // An echo: the header comes back behind nothing else.
            byte[] answer = await AskAsync(client, datagram);

            answer.AsSpan(0, 12).SequenceEqual(Signature).ShouldBeTrue();
            (answer[12], answer[13]).ShouldBe(((byte)0x21, (byte)0x12));
            new IPAddress(answer[16..20]).ShouldBe(IPAddress.Loopback);
            (((answer[24] << 8) | answer[25]), ((answer[26] << 8) | answer[27])).ShouldBe((((IPEndPoint)client.LocalEndPoint!).Port, proxy.Address.Port));
            int header = 16 + ((answer[14] << 8) | answer[15]);
            answer[header..].ShouldBe(datagram);
        }

        var session = (await proxy.SessionsAsync()).Single();
        session.UniqueId.ShouldNotBeNull();
        session.BytesIn.ShouldBe(60_101);
    }

    [Fact]
    public async Task SettingChanges_OfASession_FollowsAtItsNextDatagram()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "UDP is served on Linux");
        await using var backend = DatagramBackend.Echo(DatagramBackend.OnLoopback());
        var service = Service.OnFreePort().To(backend);
        await using var proxy = await Proxy.StartAsync(TransportKind.Sockets, service);
        using var client = Client(proxy);
        (await AskAsync(client, [1, 2, 3])).ShouldBe([1, 2, 3]);

        await proxy.UpdateAsync(service.With(new ServiceSettings { ProxyProtocol = ProxyProtocolVersion.V2 }));
        (await AskAsync(client, [1, 2, 3])).AsSpan(0, 12).SequenceEqual(Signature).ShouldBeTrue();

        // Version 1 knows no UDP.
        await proxy.UpdateAsync(service.With(new ServiceSettings { ProxyProtocol = ProxyProtocolVersion.V1 }));
        (await AskAsync(client, [1, 2, 3])).ShouldBe([1, 2, 3]);
    }

    private static Socket Client(Proxy proxy)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        client.Connect(proxy.Address);
        return client;
    }

    /// <summary>Loopback loses nothing. Who asks again has two answers, and the later one is taken for that of the next question.</summary>
    private static async Task<byte[]> AskAsync(Socket client, byte[] question)
    {
        byte[] buffer = new byte[70_000];
        using var patience = new CancellationTokenSource(Eventually.Patience);
        await client.SendAsync(question, patience.Token);
        return buffer[..await client.ReceiveAsync(buffer, patience.Token)];
    }
}
