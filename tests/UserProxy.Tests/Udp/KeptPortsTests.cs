using System.Net;
using UserProxy.Policy;
using UserProxy.Udp;

namespace UserProxy.Tests.Udp;

public sealed class KeptPortsTests
{
    private static readonly DatagramAddress Pod = DatagramAddress.From(new IPEndPoint(IPAddress.Parse("10.244.1.5"), 53));

    private readonly HashSet<int> _open = [];

    private bool _mayOpen = true;

    /// <summary>The lowest free number first: the list of sockets can shrink.</summary>
    [Fact]
    public void TryTake_UsesTheLowestFreeNumber()
    {
        var ports = Ports();
        Take(ports).ShouldBe(0);
        Take(ports).ShouldBe(1);
        Take(ports).ShouldBe(2);

        ports.Return(1);
        ports.Return(0);

        _open.ShouldBe([2]);
        Take(ports).ShouldBe(0);
        Take(ports).ShouldBe(1);
        Take(ports).ShouldBe(3);
    }

    [Fact]
    public void TryTake_CannotBeOpened_ChangesNothing()
    {
        var ports = Ports();
        _mayOpen = false;
        ports.Take(new UdpSession(), Source, Pod, out _).ShouldBe(UpstreamOpening.NoneLeft);

        _mayOpen = true;

        Take(ports).ShouldBe(0);
    }

    /// <summary>Sockets of another process whose sessions did not come are closed, and those in between that it had not are free.</summary>
    [Fact]
    public void Adopted_WithoutASession_IsClosed()
    {
        var ports = Ports();
        _open.UnionWith([1, 3]);
        ports.Adopt(1);
        ports.Adopt(3);

        ports.TryEnterAdopted(new UdpSession(), 3).ShouldBeTrue();
        ports.TryEnterAdopted(new UdpSession(), 3).ShouldBeFalse("it has its session");
        ports.TryEnterAdopted(new UdpSession(), 0).ShouldBeFalse("it was not handed over");
        ports.EndAdoption();

        _open.ShouldBe([3]);
        Take(ports).ShouldBe(0);
        Take(ports).ShouldBe(1);
        Take(ports).ShouldBe(2);
        Take(ports).ShouldBe(4);
    }

    private static DialSource Source => new(new IPEndPoint(IPAddress.Parse("203.0.113.7"), 40000), IsBridged: false);

    private static int Take(KeptPorts ports)
    {
        ports.Take(new UdpSession(), Source, Pod, out int port).ShouldBe(UpstreamOpening.Opened);
        return port;
    }

    private KeptPorts Ports() => new(
        (port, _, _) => _mayOpen && _open.Add(port) ? UpstreamOpening.Opened : UpstreamOpening.NoneLeft, port => _open.Remove(port).ShouldBeTrue());
}
