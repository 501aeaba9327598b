using System.Net;
using System.Net.Sockets;
using UserProxy.Linux.Datagrams;
using UserProxy.Linux.Kernel;
using UserProxy.Udp;

namespace UserProxy.Linux.Tests.Datagrams;

public sealed class UpstreamSocketTests
{
    private const int Datagrams = 4_000;

    /// <summary>Answers that nobody reads in time are the kernel's to drop, and ours to say.</summary>
    [Theory]
    [MemberData(nameof(Loopback.Addresses), MemberType = typeof(Loopback))]
    public void TakeDrops_BufferOverflows_CountsWhatWasNotReceived_Once(string text)
    {
        var address = Loopback.Address(text);
        var handle = new FileHandle(DatagramSetup.OpenUpstream(address.AddressFamily));
        using var reader = handle.Borrow();
        reader.ReceiveBufferSize = 8_192;
        var upstream = new UpstreamSocket(null!, new PoolKey(address.AddressFamily, OfPods: true), 0, handle);
        using var endpoint = Loopback.Open(address);
        upstream.TakeDrops().ShouldBe(0);

        var target = new IPEndPoint(address, ((IPEndPoint)reader.LocalEndPoint!).Port);
        for (int i = 0; i < Datagrams; i++) endpoint.SendTo(new byte[100], target);

        long dropped = upstream.TakeDrops();
        int received = 0;
        byte[] buffer = new byte[200];
        while (reader.Poll(0, SelectMode.SelectRead)) received += reader.Receive(buffer) > 0 ? 1 : 0;
        (received + dropped).ShouldBe(Datagrams);
        dropped.ShouldBeGreaterThan(0);
        upstream.TakeDrops().ShouldBe(0, "counted before");
        upstream.Close();
    }
}
