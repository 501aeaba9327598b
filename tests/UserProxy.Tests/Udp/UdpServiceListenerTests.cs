using System.Net.Sockets;
using UserProxy.Model;
using UserProxy.Scheduling;
using UserProxy.Serving;
using UserProxy.Udp;

namespace UserProxy.Tests.Udp;

/// <summary>What a UDP listener tells the guard against loops of where it is bound.</summary>
public sealed class UdpServiceListenerTests : IAsyncDisposable
{
    private static readonly ListenAddress Address = new(ListenerKind.ClusterIP, UdpService.Virtual, 53);

    private readonly SessionRig _rig = new();
    private readonly FakeDatagrams _datagrams = new();

    public ValueTask DisposeAsync() => _datagrams.DisposeAsync();

    [Fact]
    public async Task Address_IsOurOwn_ExactlyWhileItIsBound()
    {
        IServiceListener listener = await StartAsync();
        _rig.OwnListeners.IsBound(Address.EndPoint).ShouldBeTrue();

        await listener.StopAsync();
        _rig.OwnListeners.IsBound(Address.EndPoint).ShouldBeFalse();
    }

    [Fact]
    public async Task AddressThatAnotherListenerOfOursHas_StaysOurOwn()
    {
        IServiceListener first = await StartAsync();

        (await Should.ThrowAsync<SocketException>(StartAsync)).SocketErrorCode.ShouldBe(SocketError.AddressAlreadyInUse);

        _rig.OwnListeners.IsBound(Address.EndPoint).ShouldBeTrue();
        await first.StopAsync();
        _rig.OwnListeners.IsBound(Address.EndPoint).ShouldBeFalse();
    }

    private async Task<UdpServiceListener> StartAsync()
    {
        var service = new UdpPortState(new("shop", "dns", "dns", TransportProtocol.Udp), new SchedulerCursor(0));
        return await UdpServiceListener.StartAsync(Address, service, admission: null, PortSharing.Alone, _datagrams, _rig.Services);
    }
}
