using System.Net;
using System.Net.Sockets;
using FsCheck.Fluent;
using UserProxy.FunctionalTests.Support;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Reading;
using UserProxy.Syncing;

namespace UserProxy.Tests;

/// <summary>What runs follows from the newest table alone, whichever tables came before.</summary>
public sealed class ProxierTests
{
    /// <summary>Service i in one of several shapes; shapes share addresses, so that Services contend for them. 0 is absent. The last two are of UDP.</summary>
    private const int Names = 5, Shapes = 9;

    [Fact]
    public void Tables_AnyHistory_RunsWhatTheNewestSays()
    {
        var table = Gen.ArrayOf(Gen.Choose(0, Shapes - 1), Names);
        PropertyCheck.ForAll(Gen.ListOf(table), history =>
        {
            using var run = new ProxierRun();
            long revision = 0;
            ServicePort?[] before = new ServicePort?[Names];
            foreach (int[] shapes in history)
            {
                // As a source does it: what has not changed is the same object.
                ServicePort?[] ports = [.. shapes.Select((shape, name) => Shape(name, shape) is { } port ? port == before[name] ? before[name] : port : null)];
                before = ports;
                run.Apply(new ServiceTable(++revision, ports.OfType<ServicePort>()));
                run.ShouldServe(ports);
            }
        });
    }

    [Fact]
    public void Tables_SamePorts_AreNotTouched()
    {
        using var run = new ProxierRun();
        ServicePort[] ports = [.. Enumerable.Range(0, Names).Select(name => Shape(name, 1)!)];
        run.Apply(new ServiceTable(1, ports));
        var binds = (run.Transport.Binds, run.Datagrams.Binds);
        var before = run.Transport.Bound.Values.ToHashSet();
        var datagramsBefore = run.Datagrams.Bound.Values.ToHashSet();

        run.Apply(new ServiceTable(2, ports));
        run.Apply(new ServiceTable(3, ports.Select(port => port with { Number = 81 })));

        (run.Transport.Binds, run.Datagrams.Binds).ShouldBe(binds);
        run.Transport.Bound.Values.ToHashSet().SetEquals(before).ShouldBeTrue();
        run.Datagrams.Bound.Values.ToHashSet().SetEquals(datagramsBefore).ShouldBeTrue();
        datagramsBefore.Count.ShouldBe(2);
    }

    /// <summary>At once, and not at the loop's next turn: no time passes here. Many, as the source's task and the loop run beside each other.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SourceFails_RunEndsWithItsReason(bool afterATable)
    {
        for (int i = 0; i < 200; i++)
        {
            using var run = new ProxierRun(time: new FakeTimeProvider());
            if (afterATable) run.Apply();

            run.Fail(new IOException("a right is missing"));

            (await Should.ThrowAsync<IOException>(() => run.Running.WaitAsync(Eventually.Patience))).Message.ShouldBe("a right is missing");
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AcceptLoopDies_IsSaidCountedAndStartedAgain(bool byException)
    {
        using var run = new ProxierRun();
        var port = Shape(0, 1)!;
        run.Apply(new ServiceTable(1, [port]));
        var dead = run.Transport.Bound.Values.Single();

        dead.EndAccept(byException ? new InvalidOperationException("a defect") : null);

        await Eventually.IsTrue(() => run.Transport.Bound.Values.SingleOrDefault() is { } alive && alive != dead, "the port is bound again");
        await Eventually.IsTrue(() => run.Proxier.View.Services().Single().Listeners.Single().State == ListenerState.Listening, "it is served");
        var problem = run.Problems.ShouldHaveSingleItem();
        problem.ShouldBe(
            new ServiceProblem(
                port.Name, ServiceProblem.AcceptLoopDied, $"the accept loop of {dead.EndPoint} ended unexpectedly; the port is closed and bound again"));
        run.Proxier.View.ServicesAndLeft().Single().Counters.AcceptLoopDeaths.ShouldBe(1);
        // The new loop is watched as the old one was.
        run.Transport.Bound.Values.Single().EndAccept(null);
        await Eventually.IsTrue(() => run.Proxier.View.ServicesAndLeft().Single().Counters.AcceptLoopDeaths == 2, "a second death is seen");
    }

    [Fact]
    public void Tables_PodBlocksChange_FiltersFollow()
    {
        using var run = new ProxierRun();
        var port = Shape(0, 4)!;
        var client = IPAddress.Parse("10.244.3.9");
        run.Apply(new ServiceTable(1, [port]));
        run.Transport.Bound.Values.Single().Admission!.Admits(client).ShouldBeFalse();

        run.Apply(new ServiceTable(2, [port]) { Node = new OwnNode("here") { PodBlocks = [new CidrBlock(IPAddress.Parse("10.244.3.0"), 24)] } });

        run.Transport.Bound.Values.Single().Admission!.Admits(client).ShouldBeTrue();
    }

    /// <summary>An address comes with a table while what is known of them is fresh: it is seen when that is over, and not half a minute later.</summary>
    [Fact]
    public async Task AddressesChange_SoonAfterTheyWereRead_AreReadWhenTheyAreOld()
    {
        var time = new FakeTimeProvider();
        var here = IPAddress.Parse("192.0.2.1");
        IReadOnlyCollection<IPAddress> addresses = [];
        int reads = 0;
        using var run = new ProxierRun(
            time: time,
            addresses: () =>
            {
                Interlocked.Increment(ref reads);
                return Volatile.Read(ref addresses);
            });
        // Its timers are the system's: what remains of the five seconds passes twice.
        time.Advance(TimeSpan.FromSeconds(4.9));
        Volatile.Write(ref addresses, [here]);
        run.Apply(new ServiceTable(1, [Shape(0, 4)!]));
        Admits(run, here).ShouldBeFalse();
        Volatile.Read(ref reads).ShouldBe(1);

        time.Advance(TimeSpan.FromSeconds(0.1));

        await Eventually.IsTrue(() => Admits(run, here), "the node is no stranger");
        Volatile.Read(ref reads).ShouldBe(2, "once is enough");
    }

    [Fact]
    public void Listeners_OfVirtualAddresses_AreBoundFreelyAndOthersAreNot()
    {
        using var run = new ProxierRun();
        run.Apply(new ServiceTable(1, [Shape(0, 2)!]));
        run.Transport.Bound.ToDictionary(pair => pair.Key.Port, pair => pair.Value.Options.FreeBind)
            .ShouldBe(new Dictionary<int, bool> { [30_000] = false, [80] = true }, ignoreOrder: true);
    }

    /// <summary>A hung nft(8) must not hold up what has nothing to do with it.</summary>
    [Fact]
    public async Task Listeners_VirtualIPsHang_AreBoundAndClosedAllTheSame()
    {
        var virtualIPs = new HangingVirtualIPs();
        using var run = new ProxierRun(virtualIPs);
        run.Put(new ServiceTable(1, [Shape(0, 2)!]));
        await virtualIPs.Called.WaitAsync(TimeSpan.FromSeconds(90), TestContext.Current.CancellationToken);
        run.Transport.Bound.Count.ShouldBe(2);

        // What follows waits for the patience of one sync.
        run.Put(new ServiceTable(2, [Shape(1, 1)!]));
        SpinWait.SpinUntil(() => run.Transport.Bound.Keys.Select(bound => bound.Port).ToArray() is [30_001], TimeSpan.FromSeconds(90)).ShouldBeTrue();
        await run.Proxier.FirstSync.WaitAsync(TimeSpan.FromSeconds(90), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Facts_AfterATable_SayThatNothingWaits()
    {
        using var run = new ProxierRun();
        var table = new ServiceTable(7, [Shape(0, 1)!]);
        run.Apply(table);

        run.Proxier.Table.ShouldBeSameAs(table);
        run.Proxier.Revision.ShouldBe(7);
        run.Proxier.View.Sync.PendingSince.ShouldBeNull();
        run.Proxier.View.Sync.LastAppliedAt.ShouldNotBeNull();
    }

    private static bool Admits(ProxierRun run, IPAddress client) => run.Transport.Bound.Values.Single().Admission!.Admits(client);

    /// <summary>Null for an absent Service.</summary>
    private static ServicePort? Shape(int name, int shape)
    {
        var cluster = new ListenAddress(ListenerKind.ClusterIP, IPAddress.Parse($"10.96.0.{name}"), 80);
        var nodePort = new ListenAddress(ListenerKind.NodePort, IPAddress.Any, 30_000 + name);
        var shared = new ListenAddress(ListenerKind.ExternalIP, IPAddress.Parse("192.0.2.1"), 443);
        var sharedNodePort = new ListenAddress(ListenerKind.NodePort, IPAddress.Any, 31_000);
        return shape switch
        {
            0 => null,
            1 => Port(name, [nodePort], 1, 0),
            2 => Port(name, [nodePort, cluster], 2, 0),
            3 => Port(name, [nodePort, cluster], 0, 0),
            4 => Port(name, [nodePort], 2, 0) with { ExternalPolicy = TrafficPolicy.Local },
            5 => Port(name, [nodePort, cluster], 2, 1) with { ExternalPolicy = TrafficPolicy.Local, InternalPolicy = TrafficPolicy.Local },
            6 => Port(name, [cluster, shared], 3, 0),
            7 => Port(name, [sharedNodePort, shared], 1, 0),
            8 => Port(name, [sharedNodePort, cluster], 2, 0) with { InternalPolicy = TrafficPolicy.Local },
            _ => throw new ArgumentOutOfRangeException(nameof(shape)),
        };
    }

    private static ServicePort Port(int name, ValueList<ListenAddress> listeners, int endpoints, int local)
    {
        ValueList<Endpoint> all = new([.. Enumerable.Range(1, endpoints).Select(number => new Endpoint(IPAddress.Parse($"10.0.{name}.{number}"), 8080))]);
        return new ServicePort
        {
            Name = new("shop", $"service-{name}", "", name >= 3 ? TransportProtocol.Udp : TransportProtocol.Tcp),
            Family = AddressFamily.InterNetwork,
            Listeners = listeners,
            Endpoints = all,
            ClusterEndpoints = all,
            LocalEndpoints = new([.. all.Take(local)]),
            HasEndpoints = endpoints > 0,
        };
    }

    /// <summary>Never comes back, unless it is cancelled.</summary>
    private sealed class HangingVirtualIPs : IVirtualIPs
    {
        private readonly TaskCompletionSource _called = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Called => _called.Task;

        public async ValueTask ApplyAsync(IReadOnlySet<IPAddress> wanted, CancellationToken cancellationToken)
        {
            _called.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
    }
}
