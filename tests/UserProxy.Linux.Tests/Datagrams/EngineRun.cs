using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.FunctionalTests.Support;
using UserProxy.Linux.Datagrams;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Reading;
using UserProxy.Tcp.Sockets;
using UserProxy.Udp;

namespace UserProxy.Linux.Tests.Datagrams;

/// <summary>A Proxier over the real datagram engine, with UDP Services on loopback.</summary>
internal sealed class EngineRun : IAsyncDisposable, IServiceSource
{
    private readonly Channel<ServiceTable> _tables = Channel.CreateUnbounded<ServiceTable>();
    private readonly SemaphoreSlim _applied = new(0);
    private readonly CancellationTokenSource _stop = new();
    private readonly SocketTransport _transport = new();
    private readonly DatagramEngine _engine;
    private readonly Task _running;
    private long _revision;
    private bool _isDisposed;

    public EngineRun(int loops, SessionLimits? limits = null, TimeProvider? time = null)
    {
        _engine = new DatagramEngine(loops);
        var options = new ProxyOptions
        {
            AllowLoopbackEndpoints = true,
            DrainTimeout = TimeSpan.Zero,
            SessionLimits = limits ?? SessionLimits.Default,
            DescriptorLimit = 10_000,
        };
        Proxier = new Proxier(_transport, options, time ?? TimeProvider.System, NullLogger<Proxier>.Instance, datagrams: _engine);
        Proxier.Applied += _ => _applied.Release();
        _running = Proxier.RunAsync(this, _stop.Token);
    }

    public Proxier Proxier { get; }

    public ServiceReading Service => Proxier.View.Services().Single();

    public string Description => "tables of a test";

    public IAsyncEnumerable<ServiceTable> WatchAsync(CancellationToken cancellationToken) => _tables.Reader.ReadAllAsync(cancellationToken);

    /// <summary>One Service, of UDP, on one port of this node.</summary>
    public static ServicePort Port(IPEndPoint listener, params IPEndPoint[] endpoints)
    {
        ValueList<Endpoint> all = new([.. endpoints.Select(endpoint => new Endpoint(endpoint.Address, endpoint.Port))]);
        return new ServicePort
        {
            Name = new("test", "echo", "udp", TransportProtocol.Udp),
            Family = listener.AddressFamily,
            Listeners = [new ListenAddress(ListenerKind.NodePort, listener.Address, listener.Port)],
            Endpoints = all,
            ClusterEndpoints = all,
            HasEndpoints = all.Count > 0,
        };
    }

    /// <summary>At a free port of the address; where it is then.</summary>
    public async Task<IPEndPoint> ServeAsync(IPAddress address, ServiceSettings settings, params IPEndPoint[] endpoints)
    {
        for (int attempt = 0; ; attempt++)
        {
            var listener = new IPEndPoint(address, FreePort.Next());
            await ApplyAsync(Port(listener, endpoints) with { Settings = settings });
            if (Service.Listeners[0].State == ListenerState.Listening) return listener;
            // Somebody was faster.
            attempt.ShouldBeLessThan(5, Service.Listeners[0].Reason);
        }
    }

    public Task<IPEndPoint> ServeAsync(IPAddress address, params IPEndPoint[] endpoints) => ServeAsync(address, ServiceSettings.Default, endpoints);

    public async Task ApplyAsync(ServicePort port)
    {
        _tables.Writer.TryWrite(new ServiceTable(++_revision, [port])).ShouldBeTrue();
        (await _applied.WaitAsync(Loopback.Patience)).ShouldBeTrue("the table was not applied");
    }

    /// <summary>Closes the listeners; the loops go on.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(Loopback.Patience);
    }

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        await StopAsync();
        var disposing = _engine.DisposeAsync().AsTask();
        await disposing.WaitAsync(Loopback.Patience);
        await _transport.DisposeAsync();
        _stop.Dispose();
        _applied.Dispose();
    }

    /// <summary>A question and its answer, which comes from where the question went.</summary>
    public static byte[] Ask(Socket client, IPEndPoint service, byte[] question)
    {
        client.SendTo(question, service);
        var (answer, from) = client.Receive();
        from.ShouldBe(service);
        return answer;
    }
}
