using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.Linux.Datagrams;
using UserProxy.Model;
using UserProxy.Reading;
using UserProxy.Serving;
using UserProxy.Syncing;
using UserProxy.Tcp;
using UserProxy.Tracing;
using UserProxy.Udp;

namespace UserProxy.FunctionalTests.Support;

/// <summary>A running Proxier over one transport, with a table that the test replaces.</summary>
internal sealed class Proxy : IAsyncDisposable
{
    private readonly ITransport _transport;
    private readonly IDatagramTransport _datagrams = DatagramEngine.IsSupported ? new DatagramEngine(loops: 2) : new NoDatagrams(NoDatagrams.NotLinux);
    private readonly MemorySource _source = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Proxier _proxier;
    private readonly Task<DrainReport> _running;
    private readonly Service _first;
    private long _revision;

    private Proxy(
        TransportKind kind, ProxyOptions options, TimeProvider time, IVirtualIPs? virtualIPs, Service first, long memory = long.MaxValue,
        NodeNetwork? network = null)
    {
        _transport = Transports.Create(kind, NullLogger.Instance, memory);
        _proxier = new Proxier(_transport, options, time, NullLogger<Proxier>.Instance, virtualIPs, _datagrams, network: network);
        _first = first;
        _running = _proxier.RunAsync(_source, _stop.Token);
    }

    /// <summary>Where the first service listens.</summary>
    public IPEndPoint Address => _first.Address;

    /// <summary>The first service as it is now.</summary>
    public ServiceReading Status => StatusOf(_first);

    public ServiceCounters Counters => Status.Counters;

    /// <summary>Descriptors that the proxy has accounted for.</summary>
    public int HeldDescriptors => _proxier.Descriptors.Held;

    /// <summary>Bytes that running connections have moved.</summary>
    public long Moved => _proxier.View.Connections(_ => true).Sum(connection => connection.BytesIn + connection.BytesOut);

    /// <summary>Running connections of all services.</summary>
    public IReadOnlyList<ConnectionStatus> Connections => [.. _proxier.View.Connections(_ => true)];

    /// <summary>Datagrams of endpoints that were for no client.</summary>
    public long UnexpectedDatagrams => _proxier.Datagrams.Unexpected;

    public async Task<IReadOnlyList<SessionStatus>> SessionsAsync() => await _proxier.View.SessionsAsync(_ => true).ToListAsync();

    public MemoryBudget Memory => _proxier.Memory;

    public TraceFeed Traces => _proxier.Traces;

    public long AcceptPauses => _proxier.View.AcceptPauses;

    public static Task<Proxy> StartAsync(TransportKind transport, params Service[] services) =>
        StartAsync(transport, Options, TimeProvider.System, null, services);

    public static Task<Proxy> StartAsync(TransportKind transport, IVirtualIPs virtualIPs, params Service[] services) =>
        StartAsync(transport, Options, TimeProvider.System, virtualIPs, services);

    public static Task<Proxy> StartAsync(TransportKind transport, TimeProvider time, params Service[] services) =>
        StartAsync(transport, Options, time, null, services);

    public static Task<Proxy> StartAsync(TransportKind transport, ProxyOptions options, params Service[] services) =>
        StartAsync(transport, options, TimeProvider.System, null, services);

    /// <summary>A process that may have so many bytes of memory.</summary>
    public static Task<Proxy> StartAsync(TransportKind transport, long memory, params Service[] services) =>
        StartAsync(transport, Options, TimeProvider.System, null, services, memory);

    /// <summary>On a node whose addresses and holders of ports are told by <paramref name="network"/>.</summary>
    public static Task<Proxy> StartAsync(TransportKind transport, NodeNetwork network, params Service[] services) =>
        StartAsync(transport, Options, network, services);

    /// <summary>The same, with limits.</summary>
    public static async Task<Proxy> StartAsync(TransportKind transport, ProxyOptions options, NodeNetwork network, params Service[] services)
    {
        var proxy = new Proxy(transport, options, TimeProvider.System, null, services[0], network: network);
        await proxy.UpdateAsync(services);
        return proxy;
    }

    /// <summary>The only listener of the first service as it is now.</summary>
    public ListenerReading Listener => Status.Listeners.Single();

    public ServiceReading StatusOf(Service service) => _proxier.View.Services().Single(status => status.Port.Name == service.PortName);

    /// <summary>Replaces the table; returns when it is applied.</summary>
    public async Task UpdateAsync(params Service[] services)
    {
        long revision = ++_revision;
        _source.Set(new ServiceTable(revision, services.Select(service => service.ToServicePort())));
        await Eventually.IsTrue(() => _proxier.Revision >= revision, $"revision {revision} is applied");
    }

    /// <summary>Where the next connection of a client to the service would go.</summary>
    public IPEndPoint? Peek(Service service, IPAddress client) => _proxier.View.Peek(
        service.PortName, service.Address.AddressFamily, new ListenAddress(service.Kind, service.Address.Address, service.Address.Port), client);

    /// <param name="from">The client's own address; null leaves it to the system.</param>
    /// <param name="receiveBuffer">Bytes that its kernel takes unread, about; null for as many as it likes.</param>
    public Task<Peer> ConnectAsync(IPAddress? from = null, int? receiveBuffer = null) => Peer.ConnectAsync(Address, from, receiveBuffer);

    /// <summary>Connects as a client that the proxy accepts and resets at once: by then connect(2) may not even have returned.</summary>
    public async Task<StreamEnd> ConnectAndReadToEndAsync(bool finishesSending = false)
    {
        try
        {
            using var client = await ConnectAsync();
            if (finishesSending) client.FinishSending();
            return (await client.ReceiveToEndAsync()).End;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            return StreamEnd.Reset;
        }
    }

    public Task<TimeSpan> EndsWith(EndReason reason, int count = 1) =>
        Eventually.IsTrue(() => Counters.Closed(reason) >= count, $"{count} connections end with {reason.Name()}");

    /// <summary>Stops as the process would at SIGTERM.</summary>
    public async Task<DrainReport> StopAsync()
    {
        await _stop.CancelAsync();
        return await _running.WaitAsync(Eventually.Patience);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _datagrams.DisposeAsync();
        await _transport.DisposeAsync();
        _stop.Dispose();
    }

    private static ProxyOptions Options => new() { AllowLoopbackEndpoints = true, DrainTimeout = TimeSpan.Zero };

    private static async Task<Proxy> StartAsync(
        TransportKind transport, ProxyOptions options, TimeProvider time, IVirtualIPs? virtualIPs, Service[] services, long memory = long.MaxValue)
    {
        var proxy = new Proxy(transport, options, time, virtualIPs, services[0], memory);
        await proxy.UpdateAsync(services);
        return proxy;
    }
}
