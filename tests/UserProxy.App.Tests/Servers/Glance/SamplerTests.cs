using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.App.Servers.Admin;
using UserProxy.App.Servers.Glance;
using UserProxy.Model;
using UserProxy.Serving;
using UserProxy.Tests;

namespace UserProxy.App.Tests.Servers.Glance;

/// <summary>Rates, p99 and history of a Proxier whose Services come, go and count, without sockets, by a clock that tests move.</summary>
public sealed class SamplerTests : IAsyncLifetime
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _time = new();
    private readonly ProxierRun _run = new();
    private Sampler _sampler = null!;

    public ValueTask InitializeAsync()
    {
        _sampler = NewSampler(Sampler.MostPasts);
        return default;
    }

    public async ValueTask DisposeAsync()
    {
        await _sampler.DisposeAsync();
        _run.Dispose();
    }

    [Fact]
    public void SteadyUse_IsTheRateOfTheLastFiveSeconds()
    {
        _run.Apply(Port("web"), Port("api"));
        Look();
        for (int i = 0; i < 10; i++)
        {
            Use("web", 7);
            Look();
        }

        Of("web").Rates.Connections.ShouldBe(7, 0.001);
        Of("web").Totals.Connections.ShouldBe(70);
        Of("api").Rates.ShouldBe(default);
        _sampler.Sums.Rates.Connections.ShouldBe(7, 0.001);
        Look(5);
        Of("web").Rates.Connections.ShouldBe(0);
        _sampler.Sums.Totals.Connections.ShouldBe(70);
    }

    [Fact]
    public void Burst_IsSpreadOverFiveSeconds()
    {
        _run.Apply(Port("web"));
        Look(10);

        Use("web", 10);
        Look();

        Of("web").Rates.Connections.ShouldBe(2, 0.001);
        Look(4);
        Of("web").Rates.Connections.ShouldBe(2, 0.001);
        Look();
        Of("web").Rates.Connections.ShouldBe(0);
    }

    /// <summary>A machine under load looks late: a rate is by the time that has passed, and not by the number of looks.</summary>
    [Fact]
    public void LooksAreLate_TheRateIsByTheClock()
    {
        _run.Apply(Port("web"));
        Look();
        for (int i = 0; i < 5; i++)
        {
            Use("web", 6);
            _time.Advance(2 * Second);
            Look();
        }

        Of("web").Rates.Connections.ShouldBe(2, 0.001);
    }

    [Fact]
    public void CountersFromBefore_AreNoRate()
    {
        _run.Apply(Port("web"));
        Use("web", 1_000_000);

        Look(3);

        Of("web").Rates.ShouldBe(default);
        Of("web").Totals.Connections.ShouldBe(1_000_000);
    }

    [Theory]
    [InlineData(0.0003, 0, 0.0005)]
    [InlineData(0.3, 0.25, 0.5)]
    [InlineData(9, 2.5, 2.5)]
    public void P99_IsWithinTheBucketOfMost(double seconds, double least, double most)
    {
        _run.Apply(Port("web"));
        Look();
        Of("web").ConnectP99.ShouldBeNull();

        Use("web", 100, seconds);
        Look();

        Of("web").ConnectP99.ShouldNotBeNull().ShouldBeInRange(least, most);
    }

    /// <summary>Of one in a hundred the p99 knows nothing, and old connects are forgotten.</summary>
    [Fact]
    public void P99_IsOfTheLastTwentySecondsAndNotOfAll()
    {
        _run.Apply(Port("web"));
        Look();
        Use("web", 1000, 2);
        Look(25);
        Use("web", 199, 0.0008);
        Use("web", 1, 2);
        Look();

        Of("web").ConnectP99.ShouldNotBeNull().ShouldBeInRange(0.0005, 0.001);
        Look(25);
        Of("web").ConnectP99.ShouldBeNull();
    }

    [Fact]
    public void History_HasTenMinutesAndNoMore()
    {
        _run.Apply(Port("web"));
        Look(Sampler.Step - 1);
        _sampler.History(null, point => point.Connections)![0].ShouldBeEmpty();
        Use("web", 10);
        Look();

        _sampler.History(null, point => point.Connections)![0].ShouldBe([2.5]);
        Look(Sampler.Step);
        HistoryOf("web").ShouldBe([2.5, 0]);
        Look(Sampler.Step * (Past.Points - 2));
        var all = _sampler.History(null, point => point.Connections)![0];
        (all.Length, all[0], all[1..].Sum()).ShouldBe((Past.Points, 2.5, 0));
        Look(Sampler.Step);
        _sampler.History(null, point => point.Connections)![0].Sum().ShouldBe(0);
        HistoryOf("web").ShouldBeNull("nothing is to be drawn of it");
        HistoryOf("other").ShouldBeNull();
    }

    [Fact]
    public async Task MoreServicesThanHistories_TheIdlestGivesWayAfterAMinute()
    {
        await _sampler.DisposeAsync();
        _sampler = NewSampler(mostPasts: 2);
        _run.Apply(Port("a"), Port("b"), Port("c"));
        Look();
        Use("a", 1);
        Use("b", 1);
        Look();
        Look(20);
        Use("b", 1);
        Use("c", 1);
        Look();
        HistoryOf("c").ShouldBeNull("the others were used a short while ago");

        Look(60);
        Use("b", 1);
        Use("c", 1);
        Look();

        HistoryOf("a").ShouldBeNull();
        HistoryOf("b").ShouldNotBeNull();
        HistoryOf("c").ShouldNotBeNull();
    }

    /// <summary>Among those that came last: what has been given a moment ago has no point yet, and is in use all the same.</summary>
    [Fact]
    public async Task HistoryHasJustBegun_IsNotTakenAway()
    {
        await _sampler.DisposeAsync();
        _sampler = NewSampler(mostPasts: 1);
        _run.Apply(Port("a"), Port("b"));
        Look(101);
        Use("a", 1);
        Look();
        Use("b", 1);
        Look();

        HistoryOf("a").ShouldNotBeNull();
        HistoryOf("b").ShouldBeNull();
    }

    /// <summary>A look goes over all of them once more at most, however many are in use and have no history.</summary>
    [Fact]
    public async Task ManyServicesWithoutAHistory_AreNotEachSearchedFor()
    {
        await _sampler.DisposeAsync();
        _sampler = NewSampler(mostPasts: 2);
        string[] all = [.. "abcdefgh".Select(letter => $"{letter}")];
        _run.Apply([.. all.Select(name => Port(name))]);
        Look();
        foreach (string name in all) Use(name, 1);
        Look();
        _sampler.SearchesForIdle.ShouldBe(1);
        Look(99);
        foreach (string name in all[2..]) Use(name, 1);
        int before = _sampler.SearchesForIdle;
        Look();

        (_sampler.SearchesForIdle - before).ShouldBe(1);
        all.Where(name => HistoryOf(name) is not null).Count().ShouldBe(2);
        (HistoryOf("a"), HistoryOf("b")).ShouldBe((null, null), "nobody used them");
    }

    /// <summary>No figure is better than a zero that is none.</summary>
    [Fact]
    public async Task EndpointsBeyondThoseThatHaveRates_HaveNoneAndNotZero()
    {
        await _sampler.DisposeAsync();
        _sampler = new Sampler(_run.Proxier.View, _time, NullLogger.Instance, mostEndpoints: 0);
        _run.Apply(Port("web"), Port("api"));
        Look();
        Use("web", 7);
        Look();

        RatesOfEndpoint("web").ShouldBeNull();
        RatesOfEndpoint("api").ShouldBe(0, "nobody uses it");
        Look(30);
        RatesOfEndpoint("web").ShouldBe(0, "nobody uses it any more");
    }

    [Fact]
    public void EndpointThatNothingGoesTo_HasTheRateZero()
    {
        _run.Apply(Port("web"));
        Look();
        Use("web", 7);
        Look();

        RatesOfEndpoint("web").ShouldBe(0);
    }

    [Fact]
    public void ServiceIsGone_TheSumsGoOn_AndItsNameBeginsAnew()
    {
        _run.Apply(Port("web"), Port("api"));
        Look();
        Use("web", 5);
        Look();
        var gone = CountersOf("web");

        _run.Apply(Port("api"));
        Look();

        _sampler.Sums.Totals.Connections.ShouldBe(5);
        _sampler.Of(gone).ShouldBe(default);
        _run.Apply(Port("api"), Port("web"));
        Look(2);
        Of("web").Totals.Connections.ShouldBe(0);
        Use("web", 1);
        Look();
        _sampler.Sums.Totals.Connections.ShouldBe(6);
    }

    /// <summary>The bound that docs/operations.md tells.</summary>
    [Fact]
    public void Memory_OfTenThousandServicesInUse_IsWithinTheBound()
    {
        var ports = Enumerable.Range(0, 10_000).Select(number => Port($"web-{number:00000}", $"10.97.{number / 250}.{(number % 250) + 1}")).ToArray();
        _run.Apply(ports);
        Look();
        foreach (var figures in _run.Proxier.View.Figures())
        {
            figures.Counters.CountAccepted();
            figures.Counters.ConnectDuration.Add(Second);
        }

        long before = GC.GetTotalMemory(forceFullCollection: true);
        Look(6);
        long used = GC.GetTotalMemory(forceFullCollection: true) - before;

        _run.Proxier.View.Figures().Count(figures => _sampler.History(figures.Counters, point => point.Active) is not null).ShouldBe(Sampler.MostPasts);
        TestContext.Current.TestOutputHelper?.WriteLine($"{used / 1024} KiB for 10,000 Services in use");
        used.ShouldBeLessThan(20 << 20);
        GC.KeepAlive(_sampler);
    }

    private Sampler NewSampler(int mostPasts) => new(_run.Proxier.View, _time, NullLogger.Instance, mostPasts);

    private void Look(int seconds = 1)
    {
        for (int i = 0; i < seconds; i++)
        {
            _time.Advance(Second);
            _sampler.Look();
        }
    }

    private Sampled Of(string service) => _sampler.Of(CountersOf(service));

    private double[]? HistoryOf(string service) =>
        _run.Proxier.View.Figures().Any(figures => figures.Name.Name == service) ? _sampler.History(CountersOf(service), point => point.Connections)?[0] : null;

    /// <summary>As it is told.</summary>
    private double? RatesOfEndpoint(string service)
    {
        var reading = _run.Proxier.View.Services().Single(each => each.Name.Name == service);
        return ToMessage.Of(reading, _time.GetUtcNow(), _sampler).Endpoints.Single().Rates?.ConnectionsPerSecond;
    }

    private ServiceCounters CountersOf(string service) => _run.Proxier.View.Figures().Single(figures => figures.Name.Name == service).Counters;

    private void Use(string service, int times, double seconds = 0.001)
    {
        var counters = CountersOf(service);
        for (int i = 0; i < times; i++)
        {
            counters.CountAccepted();
            counters.ConnectDuration.Add(TimeSpan.FromSeconds(seconds));
        }
    }

    private static ServicePort Port(string service, string? address = null)
    {
        Endpoint[] endpoints = [new(IPAddress.Parse("10.244.0.1"), 8080)];
        return new ServicePort
        {
            Name = new("shop", service, "http", TransportProtocol.Tcp),
            Family = AddressFamily.InterNetwork,
            Listeners = [new ListenAddress(ListenerKind.ClusterIP, IPAddress.Parse(address ?? $"10.96.0.{(int)service[0]}"), 80)],
            Endpoints = [.. endpoints],
            ClusterEndpoints = [.. endpoints],
            HasEndpoints = true,
        };
    }
}
