using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using FsCheck.Fluent;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.Model;

namespace UserProxy.Tests;

/// <summary>What runs follows from the newest table alone, whichever tables came before.</summary>
public sealed class ProxierTests
{
    /// <summary>Service i in one of several shapes; shapes share addresses, so that Services contend for them. 0 is absent.</summary>
    private const int Names = 5, Shapes = 9;

    [Fact]
    public void Tables_AnyHistory_RunsWhatTheNewestSays()
    {
        var table = Gen.ArrayOf(Gen.Choose(0, Shapes - 1), Names);
        PropertyCheck.ForAll(Gen.ListOf(table), history =>
        {
            using var run = new Run();
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
        using var run = new Run();
        ServicePort[] ports = [.. Enumerable.Range(0, Names).Select(name => Shape(name, 1)!)];
        run.Apply(new ServiceTable(1, ports));
        int binds = run.Transport.Binds;
        var before = run.Transport.Bound.Values.ToHashSet();

        run.Apply(new ServiceTable(2, ports));
        run.Apply(new ServiceTable(3, ports.Select(port => port with { Number = 81 })));

        run.Transport.Binds.ShouldBe(binds);
        run.Transport.Bound.Values.ToHashSet().SetEquals(before).ShouldBeTrue();
    }

    [Fact]
    public void Tables_PodBlocksChange_FiltersFollow()
    {
        using var run = new Run();
        var port = Shape(0, 4)!;
        var client = IPAddress.Parse("10.244.3.9");
        run.Apply(new ServiceTable(1, [port]));
        run.Transport.Bound.Values.Single().Admission!.Admits(client).ShouldBeFalse();

        run.Apply(new ServiceTable(2, [port]) { Node = new OwnNode("here") { PodBlocks = [new CidrBlock(IPAddress.Parse("10.244.3.0"), 24)] } });

        run.Transport.Bound.Values.Single().Admission!.Admits(client).ShouldBeTrue();
    }

    [Fact]
    public void Listeners_OfVirtualAddresses_AreBoundFreelyAndOthersAreNot()
    {
        using var run = new Run();
        run.Apply(new ServiceTable(1, [Shape(0, 2)!]));
        run.Transport.Bound.ToDictionary(pair => pair.Key.Port, pair => pair.Value.Options.FreeBind)
            .ShouldBe(new Dictionary<int, bool> { [30_000] = false, [80] = true }, ignoreOrder: true);
    }

    /// <summary>A hung nft(8) must not hold up what has nothing to do with it.</summary>
    [Fact]
    public async Task Listeners_VirtualIPsHang_AreBoundAndClosedAllTheSame()
    {
        var virtualIPs = new HangingVirtualIPs();
        using var run = new Run(virtualIPs);
        run.Put(new ServiceTable(1, [Shape(0, 2)!]));
        await virtualIPs.Called.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        run.Transport.Bound.Count.ShouldBe(2);

        // What follows waits for the patience of one sync.
        run.Put(new ServiceTable(2, [Shape(1, 1)!]));
        SpinWait.SpinUntil(() => run.Transport.Bound.Count == 1 && run.Transport.Bound.Keys.Single().Port == 30_001, TimeSpan.FromSeconds(20)).ShouldBeTrue();
        await run.Proxier.FirstSync.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Facts_AfterATable_SayThatNothingWaits()
    {
        using var run = new Run();
        var table = new ServiceTable(7, [Shape(0, 1)!]);
        run.Apply(table);

        run.Proxier.Table.ShouldBeSameAs(table);
        run.Proxier.Revision.ShouldBe(7);
        run.Proxier.Sync.PendingSince.ShouldBeNull();
        run.Proxier.Sync.LastAppliedAt.ShouldNotBeNull();
    }

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
            Name = new("shop", $"service-{name}", "", name == 4 ? TransportProtocol.Udp : TransportProtocol.Tcp),
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

    /// <summary>A Proxier that runs on a transport without sockets.</summary>
    private sealed class Run : IDisposable, IServiceSource
    {
        private readonly Channel<ServiceTable> _tables = Channel.CreateUnbounded<ServiceTable>();
        private readonly CancellationTokenSource _stop = new();
        private readonly SemaphoreSlim _applied = new(0);
        private readonly Task _running;

        public Run(IVirtualIPs? virtualIPs = null)
        {
            Proxier = new Proxier(Transport, new ProxyOptions(), TimeProvider.System, NullLogger<Proxier>.Instance, virtualIPs);
            Proxier.Applied += _ => _applied.Release();
            _running = Proxier.RunAsync(this, _stop.Token);
        }

        public FakeTransport Transport { get; } = new();

        public Proxier Proxier { get; }

        public string Description => "tables of a test";

        public IAsyncEnumerable<ServiceTable> WatchAsync(CancellationToken cancellationToken) => _tables.Reader.ReadAllAsync(cancellationToken);

        public void Put(ServiceTable table) => _tables.Writer.TryWrite(table).ShouldBeTrue();

        public void Apply(ServiceTable table)
        {
            Put(table);
            _applied.Wait(TimeSpan.FromSeconds(10)).ShouldBeTrue();
        }

        /// <summary>The plainest reading of a table: the first Service that declares an address has it, if its plan listens.</summary>
        public void ShouldServe(IEnumerable<ServicePort?> ports)
        {
            var tcp = ports.OfType<ServicePort>().Where(port => port.Name.Protocol == TransportProtocol.Tcp).ToList();
            var owners = new Dictionary<IPEndPoint, (ServicePort Port, ListenerKind Kind)>();
            foreach (var port in tcp)
            {
                foreach (var address in port.Listeners) owners.TryAdd(address.EndPoint, (port, address.Kind));
            }

            var listening = owners.Where(owner => ListenerPlan.For(owner.Value.Port, owner.Value.Kind).Listens).Select(owner => owner.Key);
            Transport.Bound.Keys.Select(address => address.ToString()).Order().ShouldBe(listening.Select(address => address.ToString()).Order());
            var services = Proxier.Services;
            services.Select(service => service.Port).ShouldBe(tcp);
            foreach (var service in services)
            {
                service.Listeners.Select(listener => listener.Address).ShouldBe(service.Port.Listeners);
                foreach (var listener in service.Listeners)
                {
                    var (owner, kind) = owners[listener.Address.EndPoint];
                    var expected = owner == service.Port ? ListenerPlan.For(owner, kind).State : ListenerState.Failed;
                    listener.State.ShouldBe(expected);
                }

                service.Endpoints.Count(endpoint => endpoint.Used).ShouldBe(service.Port.ClusterEndpoints.Count);
            }
        }

        public void Dispose()
        {
            _stop.Cancel();
            ((IAsyncResult)_running).AsyncWaitHandle.WaitOne(TimeSpan.FromSeconds(10)).ShouldBeTrue();
            Transport.Bound.ShouldBeEmpty();
            _stop.Dispose();
            _applied.Dispose();
        }
    }
}
