using System.Net;
using UserProxy.Model;
using UserProxy.Scheduling;
using UserProxy.Tcp;

namespace UserProxy.Tests.Tcp;

public sealed class LiveConnectionsTests
{
    private readonly LiveConnections _live = new();

    [Fact]
    public void TryAdd_MaxConnections_RefusesOneMoreUntilOneLeaves()
    {
        var settings = new ServiceSettings { MaxConnections = 2 };
        var first = Add(settings, "10.0.0.1");
        Add(settings, "10.0.0.2").ShouldNotBeNull();

        Add(settings, "10.0.0.3").ShouldBeNull();
        _live.Remove(first!);

        Add(settings, "10.0.0.3").ShouldNotBeNull();
        _live.Count.ShouldBe(2);
    }

    [Fact]
    public void TryAdd_MaxPerClient_CountsEachAddressApart()
    {
        var settings = new ServiceSettings { MaxConnectionsPerClient = 1 };
        var first = Add(settings, "10.0.0.1");

        Add(settings, "10.0.0.1").ShouldBeNull();
        Add(settings, "10.0.0.2").ShouldNotBeNull();
        _live.Remove(first!);

        Add(settings, "10.0.0.1").ShouldNotBeNull();
    }

    /// <summary>Of a load balancer's connections it is known later whose they are.</summary>
    [Fact]
    public void TryCountClient_OfOneThatIsToldOf_CountsThen()
    {
        var settings = new ServiceSettings { MaxConnectionsPerClient = 1, MaxConnections = 2 };
        var first = Connection("10.0.0.1");
        var second = Connection("10.0.0.1");
        foreach (var connection in new[] { first, second })
        {
            _live.Announce();
            _live.TryAdd(connection, settings, isTold: true).ShouldBeTrue();
        }

        Add(settings, "10.0.0.2").ShouldBeNull("all connections count from their accept");
        _live.TryCountClient(first, settings).ShouldBeTrue();
        _live.TryCountClient(second, settings).ShouldBeFalse();

        _live.Remove(first);
        _live.TryCountClient(second, settings).ShouldBeTrue();
        _live.Remove(second);
        _live.CountOf(ClientAddress.From(IPAddress.Parse("10.0.0.1"))).ShouldBe(0);
    }

    [Fact]
    public void Remove_LimitDroppedMeanwhile_LeavesTheCountsRight()
    {
        var limited = new ServiceSettings { MaxConnectionsPerClient = 1 };
        var counted = Add(limited, "10.0.0.1");
        var uncounted = Add(ServiceSettings.Default, "10.0.0.1");

        _live.Remove(uncounted!);
        Add(limited, "10.0.0.1").ShouldBeNull();
        _live.Remove(counted!);

        Add(limited, "10.0.0.1").ShouldNotBeNull();
    }

    [Fact]
    public void ToArray_AfterRemovalsAtEveryPlace_HoldsTheRest()
    {
        var all = Enumerable.Range(0, 6).Select(_ => Add(ServiceSettings.Default, "10.0.0.1")!).ToList();

        foreach (int place in new[] { 5, 2, 0 }) _live.Remove(all[place]);

        _live.ToArray().ShouldBe([all[1], all[3], all[4]], ignoreOrder: true);
    }

    [Fact]
    public async Task ToArray_UnderChurn_HasThoseThatStay()
    {
        var stay = Enumerable.Range(0, 1000).Select(_ => Add(ServiceSettings.Default, "10.0.0.1")!).ToHashSet();
        using var stop = new CancellationTokenSource();
        var churn = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                var some = Enumerable.Range(0, 50).Select(_ => Add(ServiceSettings.Default, "10.0.0.2")!).ToList();
                foreach (var connection in some) _live.Remove(connection);
            }
        });
        for (int i = 0; i < 50; i++)
        {
            var met = _live.ToArray();
            met.ShouldBeUnique();
            stay.IsSubsetOf(met).ShouldBeTrue();
        }

        await stop.CancelAsync();
        await churn;
    }

    [Fact]
    public void Announce_BeforeItRuns_IsArriving()
    {
        _live.Announce();
        (_live.Arriving, _live.Count).ShouldBe((1, 0));

        _live.TryAdd(Connection("10.0.0.1"), ServiceSettings.Default);

        (_live.Arriving, _live.Count).ShouldBe((0, 1));
    }

    [Fact]
    public void Announce_ThenRefused_IsNotArrivingAnyMore()
    {
        _live.Announce();

        _live.TryAdd(Connection("10.0.0.1"), new ServiceSettings { MaxConnections = 0 }).ShouldBeFalse();

        _live.Arriving.ShouldBe(0);
    }

    [Fact]
    public void TryAdd_MaxPerClient_MappedAddressIsTheSameClient()
    {
        var settings = new ServiceSettings { MaxConnectionsPerClient = 1 };
        var first = Add(settings, "10.0.0.1").ShouldNotBeNull();

        Add(settings, "::ffff:10.0.0.1").ShouldBeNull();
        _live.Remove(first);

        Add(settings, "::ffff:10.0.0.1").ShouldNotBeNull();
    }

    [Fact]
    public void CountOf_Client_IsWhatTheLimitCounts()
    {
        var limited = new ServiceSettings { MaxConnectionsPerClient = 1 };
        Add(ServiceSettings.Default, "10.0.0.1");
        _live.CountOf(ClientAddress.From(IPAddress.Parse("10.0.0.1"))).ShouldBe(0);

        var first = Add(limited, "10.0.0.1").ShouldNotBeNull();
        Add(limited, "10.0.0.1").ShouldBeNull();

        _live.CountOf(ClientAddress.From(IPAddress.Parse("::ffff:10.0.0.1"))).ShouldBe(1);
        _live.Remove(first);
        _live.CountOf(ClientAddress.From(IPAddress.Parse("10.0.0.1"))).ShouldBe(0);
    }

    private Connection? Add(ServiceSettings settings, string client)
    {
        var connection = Connection(client);
        _live.Announce();
        return _live.TryAdd(connection, settings) ? connection : null;
    }

    private static Connection Connection(string client) => Connections.To(Connections.Service(), Connections.Services(new FakeTimeProvider()), client);
}
