using System.Net;
using System.Net.Sockets;
using UserProxy.Policy;
using UserProxy.Udp;

namespace UserProxy.Tests.Udp;

/// <summary>The numbers of sockets with clients' addresses. What a client sees of it is in <see cref="KeptSessionTests"/>.</summary>
public sealed class KeptPortsTests
{
    private static readonly PoolKey Pool = UpstreamPools.KeyOfKept(AddressFamily.InterNetwork);

    private static readonly DatagramAddress Pod = DatagramAddress.From(new IPEndPoint(IPAddress.Parse("10.244.1.5"), 53));

    private readonly FakeTimeProvider _time = new();
    private readonly FakeUpstream _sockets = new();
    private readonly KeptPorts _ports;

    public KeptPortsTests() => _ports = new KeptPorts(_sockets, Pool, new SessionTimes(_time), mostResting: 3, new UnrestedKeptPorts(most: 100));

    private long Now => _time.GetTimestamp();

    /// <summary>The lowest free number first: the list of sockets can shrink.</summary>
    [Fact]
    public void TryTake_UsesTheLowestFreeNumber()
    {
        var sessions = Enumerable.Range(0, 3).Select(_ => Take()).ToList();
        sessions.Select(session => session.Port).ShouldBe([0, 1, 2]);

        Return(sessions[1]);
        Return(sessions[0]);
        Take().Port.ShouldBe(3, "the others rest");
        Rest();

        Open(4).ShouldBe([2, 3]);
        new[] { Take(), Take(), Take() }.Select(session => session.Port).ShouldBe([0, 1, 4]);
    }

    [Fact]
    public void TryTake_CannotBeOpened_ChangesNothing()
    {
        _sockets.Limit = 0;
        _ports.Take(new UdpSession(), Flow, Source, Now, out _).ShouldBe(UpstreamOpening.NoneLeft);

        _sockets.Limit = 1;

        Take().Port.ShouldBe(0);
    }

    /// <summary>Those that rest are bounded, and the one whose rest ends first is closed.</summary>
    [Fact]
    public void MoreRestThanMay_TheFirstIsClosed()
    {
        foreach (var session in Enumerable.Range(0, 5).Select(_ => Take()).ToList())
        {
            Return(session);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Open(5).ShouldBe([2, 3, 4]);
    }

    /// <summary>Sockets of another process whose sessions did not come rest, and those in between that it had not are free.</summary>
    [Fact]
    public void Adopted_WithoutASession_Rests()
    {
        foreach (int port in new[] { 3, 1 })
        {
            _sockets.Adopt(Pool, port);
            _ports.Adopt(port, Now);
        }

        _ports.TryEnterAdopted(new UdpSession(), 3).ShouldBeTrue();
        _ports.TryEnterAdopted(new UdpSession(), 3).ShouldBeFalse("it has its session");
        _ports.TryEnterAdopted(new UdpSession(), 0).ShouldBeFalse("it was not handed over");
        _ports.EndAdoption();

        Open(5).ShouldBe([1, 3]);
        Take().Port.ShouldBe(0);
        Rest();
        Open(5).ShouldBe([0, 3]);
        new[] { Take(), Take(), Take() }.Select(session => session.Port).ShouldBe([1, 2, 4]);
    }

    private static KeptFlow Flow => new(null, default, Pod);

    private static DialSource Source => new(new IPEndPoint(IPAddress.Parse("203.0.113.7"), 40_000), IsBridged: false);

    private UdpSession Take()
    {
        var session = new UdpSession();
        _ports.Take(session, Flow, Source, Now, out int port).ShouldBe(UpstreamOpening.Opened);
        session.PlaceKept(null!, Pod, Pool, port, _sockets.SourceOf(Pool, port));
        return session;
    }

    private void Return(UdpSession session) => _ports.Return(session, AnswerDebt.Owing, Now);

    /// <summary>Until all have rested that do so now.</summary>
    private void Rest()
    {
        _time.Advance(TimeSpan.FromSeconds(60));
        _ports.Sweep(Now);
    }

    private IEnumerable<int> Open(int below) => Enumerable.Range(0, below).Where(port => _sockets.IsOpen(Pool, port));
}
