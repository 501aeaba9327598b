using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.App.Servers.Admin;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.App.Servers.Glance;
using UserProxy.Model;
using UserProxy.Serving;
using UserProxy.Tests;

namespace UserProxy.App.Tests.Servers.Admin;

/// <summary>Which ends of the last minutes are told of a Service port.</summary>
public sealed class BadEndsTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new();
    private readonly ProxierRun _run = new();
    private readonly Sampler _sampler;

    public BadEndsTests()
    {
        _sampler = new Sampler(_run.Proxier.View, _time, NullLogger.Instance);
        _run.Apply(new ServicePort
        {
            Name = new("shop", "web", "http", TransportProtocol.Tcp),
            Family = AddressFamily.InterNetwork,
            Listeners = [new ListenAddress(ListenerKind.ClusterIP, IPAddress.Parse("10.96.0.1"), 80)],
            Endpoints = [new(IPAddress.Parse("10.244.0.1"), 8080)],
            ClusterEndpoints = [new(IPAddress.Parse("10.244.0.1"), 8080)],
            HasEndpoints = true,
        });
        Look(1);
    }

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        await _sampler.DisposeAsync();
        _run.Dispose();
    }

    [Theory]
    [InlineData(EndReason.ProxyHeader, 1, true)]
    [InlineData(EndReason.NoEndpoint, 1, true)]
    [InlineData(EndReason.Loop, 1, true)]
    [InlineData(EndReason.Limit, 1, true)]
    [InlineData(EndReason.Idle, 2, false)]
    [InlineData(EndReason.Idle, 3, true)]
    [InlineData(EndReason.BackendReset, 3, true)]
    [InlineData(EndReason.BackendTimeout, 3, true)]
    [InlineData(EndReason.ClientTimeout, 3, true)]
    [InlineData(EndReason.ClientReset, 9, false)]
    [InlineData(EndReason.ClientFin, 9, false)]
    [InlineData(EndReason.BackendFin, 9, false)]
    [InlineData(EndReason.Drained, 9, false)]
    public void AllEndSo_IsToldOfBadReasons(EndReason reason, int times, bool isTold)
    {
        End(reason, times);

        (Told is not null).ShouldBe(isTold);
        if (isTold) Told!.Says.ShouldStartWith($"of the last {times} connection{(times == 1 ? "" : "s")}, {times} ended by {reason.Name()} (");
    }

    [Theory]
    [InlineData(9, 1, true)]
    [InlineData(8, 1, false)]
    public void NineOfTen_AreNearlyAll(int bad, int good, bool isTold)
    {
        End(EndReason.ProxyHeader, bad);
        End(EndReason.ClientFin, good);

        (Told is not null).ShouldBe(isTold);
    }

    /// <summary>What was long ago is not told, whether or not anybody has come since.</summary>
    [Fact]
    public void AfterSomeMinutes_NothingIsTold()
    {
        End(EndReason.ProxyHeader, 4);
        Look(RecentEnds.Window - 2);
        Told.ShouldNotBeNull();

        Look(RecentEnds.Window + 2);

        Told.ShouldBeNull();
    }

    private BadEndsItem? Told => BadEnds.Of(_run.Proxier.View.Services().Single(), _sampler);

    private void End(EndReason reason, int times)
    {
        var counters = _run.Proxier.View.Figures().Single().Counters;
        for (int i = 0; i < times; i++)
        {
            counters.CountAccepted();
            counters.CountClosed(reason);
        }

        Look(1);
    }

    private void Look(int seconds)
    {
        for (int i = 0; i < seconds; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            _sampler.Look();
        }
    }
}
