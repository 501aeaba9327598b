using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Reading;
using UserProxy.Serving;
using UserProxy.Syncing;
using UserProxy.Udp;

namespace UserProxy.Tests;

/// <summary>A Proxier that runs on transports without sockets.</summary>
internal sealed class ProxierRun : IDisposable, IServiceSource
{
    private readonly Channel<ServiceTable> _tables = Channel.CreateUnbounded<ServiceTable>();
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _applied = new(0);
    private readonly ConcurrentQueue<ServiceProblem> _problems = new();
    private readonly Task _running;

    /// <param name="virtualIPs">Null leaves them to others.</param>
    /// <param name="datagrams">Null is <see cref="Datagrams"/>.</param>
    /// <param name="network">Null tells of nobody who has a port.</param>
    /// <param name="time">Null is the system's.</param>
    /// <param name="addresses">Of the node; null asks the system.</param>
    /// <param name="sources">Null has endpoints see this node.</param>
    /// <param name="shared">With a predecessor; null for none.</param>
    public ProxierRun(
        IVirtualIPs? virtualIPs = null, IDatagramTransport? datagrams = null, NodeNetwork? network = null, TimeProvider? time = null,
        Func<IReadOnlyCollection<IPAddress>>? addresses = null, ITransparentSources? sources = null, SocketSharing? shared = null)
    {
        Proxier = new Proxier(
            Transport, new ProxyOptions(), time ?? TimeProvider.System, NullLogger<Proxier>.Instance, virtualIPs, datagrams ?? Datagrams, network: network,
            shared: shared, sources: sources, readAddresses: addresses);
        Proxier.Applied += _ => _applied.Release();
        Proxier.ProblemFound += _problems.Enqueue;
        _running = Proxier.RunAsync(this, _stop.Token);
    }

    public FakeTransport Transport { get; } = new();

    public FakeDatagrams Datagrams { get; } = new();

    public Proxier Proxier { get; }

    public Task Running => _running;

    public IReadOnlyCollection<ServiceProblem> Problems => _problems;

    public string Description => "tables of a test";

    public IAsyncEnumerable<ServiceTable> WatchAsync(CancellationToken cancellationToken) => _tables.Reader.ReadAllAsync(cancellationToken);

    public void Put(ServiceTable table) => _tables.Writer.TryWrite(table).ShouldBeTrue();

    /// <summary>The source cannot be followed any more.</summary>
    public void Fail(Exception exception) => _tables.Writer.TryComplete(exception).ShouldBeTrue();

    public void Apply(ServiceTable table)
    {
        Put(table);
        _applied.Wait(TimeSpan.FromSeconds(90)).ShouldBeTrue();
    }

    public void Apply(params ServicePort[] ports) => Apply(new ServiceTable(Proxier.Revision + 1, ports));

    /// <summary>The plainest reading of a table: the first Service that declares an address has it, of those with its protocol, if its plan listens.</summary>
    public void ShouldServe(IEnumerable<ServicePort?> ports)
    {
        var declared = ports.OfType<ServicePort>().ToList();
        var owners = new Dictionary<(TransportProtocol, IPEndPoint), (ServicePort Port, ListenerKind Kind)>();
        foreach (var port in declared)
        {
            foreach (var address in port.Listeners) owners.TryAdd((port.Name.Protocol, address.EndPoint), (port, address.Kind));
        }

        ShouldListen(TransportProtocol.Tcp, Transport.Bound.Keys);
        ShouldListen(TransportProtocol.Udp, Datagrams.Bound.Keys);
        var services = Proxier.View.Services();
        services.Select(service => service.Port).ShouldBe(declared);
        foreach (var service in services)
        {
            service.Listeners.Select(listener => listener.Address).ShouldBe(service.Port.Listeners);
            foreach (var listener in service.Listeners)
            {
                var (owner, kind) = owners[(service.Port.Name.Protocol, listener.Address.EndPoint)];
                var expected = owner == service.Port ? ListenerPlan.For(owner, kind).State : ListenerState.Failed;
                listener.State.ShouldBe(expected);
            }

            service.ReadEndpoints().Count(endpoint => endpoint.Used).ShouldBe(service.Port.ClusterEndpoints.Count);
        }

        void ShouldListen(TransportProtocol protocol, IEnumerable<IPEndPoint> bound)
        {
            var listening = owners.Where(owner => owner.Key.Item1 == protocol && ListenerPlan.For(owner.Value.Port, owner.Value.Kind).Listens);
            bound.Select(address => address.ToString()).Order().ShouldBe(listening.Select(owner => owner.Key.Item2.ToString()).Order());
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        ((IAsyncResult)_running).AsyncWaitHandle.WaitOne(TimeSpan.FromSeconds(90)).ShouldBeTrue();
        Transport.Bound.ShouldBeEmpty();
        Datagrams.Bound.ShouldBeEmpty();
        _stop.Dispose();
        _applied.Dispose();
    }
}
