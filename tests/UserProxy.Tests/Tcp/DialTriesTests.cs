using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Scheduling;
using UserProxy.Tcp;
using UserProxy.Tests.Scheduling;

namespace UserProxy.Tests.Tcp;

/// <summary>Three attempts of 1 s, as by default, under a clock that the test moves.</summary>
public sealed class DialTriesTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _time = new();
    private readonly TcpPortState _service = Connections.Service();

    [Fact]
    public void OnlyEndpointIsSilent_ItHasAllTheTime()
    {
        var tries = Begin(1);
        Next(tries).ShouldBe(0);

        TimesGiven(tries).ShouldBe([Second, Second, TimeSpan.Zero]);

        Fail(tries, ConnectOutcome.TimedOut).ShouldBeFalse();
        Next(tries).ShouldBeNull();
        _service.Snapshot!.Cluster.States[0].ActiveConnections.ShouldBe(0);
    }

    /// <summary>A client that dials itself hears it at once, and may go elsewhere.</summary>
    [Theory]
    [InlineData(ConnectOutcome.Refused)]
    [InlineData(ConnectOutcome.Unreachable)]
    [InlineData(ConnectOutcome.LocalFault)]
    [InlineData(ConnectOutcome.Loop)]
    public void OnlyEndpointAnswers_IsNotTriedAgain(ConnectOutcome outcome)
    {
        var tries = Begin(1);
        Next(tries).ShouldBe(0);

        Fail(tries, outcome);

        Next(tries).ShouldBeNull();
    }

    /// <summary>The client has sent it with a few hops only, which are spent on the way.</summary>
    [Theory]
    [InlineData(1, ConnectOutcome.TimedOut, true)]
    [InlineData(15, ConnectOutcome.Unreachable, true)]
    [InlineData(15, ConnectOutcome.Refused, false)]
    [InlineData(16, ConnectOutcome.TimedOut, false)]
    [InlineData(0, ConnectOutcome.Unreachable, false)]
    public void DialWithFewHops_ThatNobodyAnswers_IsNotHeldAgainstTheEndpoint(int hops, ConnectOutcome outcome, bool isClients)
    {
        var tries = Begin(1);
        Next(tries).ShouldBe(0);

        Fail(tries, outcome, hops).ShouldBe(isClients);

        _current!.ActiveConnections.ShouldBe(0);
        _current.IsFailing.ShouldBe(!isClients);
    }

    [Fact]
    public void OthersHaveRefused_TheLastOneHasTheTimeThatIsLeft()
    {
        var tries = Begin(3);
        for (int i = 0; i < 2; i++)
        {
            Next(tries).ShouldNotBeNull();
            Fail(tries, ConnectOutcome.Refused);
        }

        Next(tries).ShouldNotBeNull();

        TimesGiven(tries).ShouldBe([Second, Second, TimeSpan.Zero]);
    }

    [Fact]
    public void BothAreSilent_TheFirstIsTriedAgainAndCountedOnce()
    {
        var tries = Begin(2);
        int first = Next(tries).ShouldNotBeNull();
        TimesGiven(tries).ShouldBe([TimeSpan.Zero]);
        Fail(tries, ConnectOutcome.TimedOut).ShouldBeFalse();
        Next(tries).ShouldBe(1 - first);
        TimesGiven(tries).ShouldBe([TimeSpan.Zero]);
        Fail(tries, ConnectOutcome.TimedOut).ShouldBeFalse();

        Next(tries).ShouldBe(first);

        tries.Attempts.ShouldBe(3);
        TimesGiven(tries).ShouldBe([TimeSpan.Zero]);
        Fail(tries, ConnectOutcome.TimedOut).ShouldBeTrue();
        Next(tries).ShouldBeNull();
    }

    [Fact]
    public void OneIsSilentAndOneRefuses_TheSilentOneIsTriedAgain()
    {
        var tries = Begin(2);
        int silent = Next(tries).ShouldNotBeNull();
        TimesGiven(tries).ShouldBe([TimeSpan.Zero]);
        Fail(tries, ConnectOutcome.TimedOut);
        Next(tries).ShouldBe(1 - silent);
        Fail(tries, ConnectOutcome.Refused);

        Next(tries).ShouldBe(silent);

        TimesGiven(tries).ShouldBe([Second, TimeSpan.Zero]);
    }

    [Fact]
    public void MoreEndpointsThanAttempts_EachIsAnotherAndTheLastHasTheRest()
    {
        var tries = Begin(5);
        var met = new List<int?>();
        for (int i = 0; i < 3; i++)
        {
            met.Add(Next(tries));
            TimesGiven(tries).ShouldBe([TimeSpan.Zero]);
            Fail(tries, ConnectOutcome.TimedOut);
        }

        met.Distinct().Count().ShouldBe(3);
        Next(tries).ShouldBeNull();
    }

    [Fact]
    public void AnotherEndpointComesMeanwhile_ItIsTried()
    {
        var tries = Begin(1);
        Next(tries).ShouldBe(0);
        _time.Advance(Second);
        tries.MoreTime().ShouldBe(Second);
        Publish(2);
        _time.Advance(Second);

        tries.MoreTime().ShouldBe(TimeSpan.Zero);

        Fail(tries, ConnectOutcome.TimedOut);
        Next(tries).ShouldBe(1);
    }

    [Fact]
    public void EndpointLeavesMeanwhile_ItsDialEnds()
    {
        var tries = Begin(1);
        Next(tries).ShouldBe(0);
        Publish(0);
        _time.Advance(Second);

        tries.MoreTime().ShouldBe(TimeSpan.Zero);

        Fail(tries, ConnectOutcome.TimedOut);
        Next(tries).ShouldBeNull();
    }

    [Fact]
    public void ClientIsPinned_BothAreSilent_TheOtherIsTriedBeforeItIsAgain()
    {
        var tries = Begin(2, affinity: TimeSpan.FromHours(1));
        int first = Next(tries).ShouldNotBeNull();
        _time.Advance(Second);
        Fail(tries, ConnectOutcome.TimedOut);
        Next(tries).ShouldBe(1 - first);
        _time.Advance(Second);
        Fail(tries, ConnectOutcome.TimedOut);

        Next(tries).ShouldBe(first);
    }

    private DialTries Begin(int endpoints, TimeSpan? affinity = null)
    {
        Publish(endpoints, affinity);
        var client = Connections.To(_service, Connections.Services(_time), "192.0.2.9").Client;
        return new DialTries(_service, ListenerKind.NodePort, client, ServiceSettings.Default, Connections.Services(_time));
    }

    private void Publish(int endpoints, TimeSpan? affinity = null)
    {
        var port = Sets.Port(SchedulerKind.RoundRobin, Sets.Equal(endpoints)) with { AffinityTimeout = affinity };
        _service.Publish(new ServiceSnapshot(port, _service.Snapshot, new OwnAddresses(), _service.Cursor, _time));
    }

    /// <summary>The number of the endpoint.</summary>
    private int? Next(DialTries tries)
    {
        _current = tries.Next();
        return _current?.Address.Address.GetAddressBytes()[^1];
    }

    private EndpointState? _current;

    /// <summary>True when it is not held against the endpoint once more.</summary>
    private bool Fail(DialTries tries, ConnectOutcome outcome, int hops = 0)
    {
        int before = _current!.ConsecutiveFailures;
        tries.Failed(_current, outcome, hops);
        return _current.ConsecutiveFailures == before;
    }

    /// <summary>What it is given, a connect timeout after the other, until nothing more.</summary>
    private List<TimeSpan> TimesGiven(DialTries tries)
    {
        var given = new List<TimeSpan>();
        do
        {
            _time.Advance(Second);
            var more = tries.MoreTime();
            given.Add(more > TimeSpan.Zero ? more : TimeSpan.Zero);
        }
        while (given[^1] > TimeSpan.Zero);
        return given;
    }
}
