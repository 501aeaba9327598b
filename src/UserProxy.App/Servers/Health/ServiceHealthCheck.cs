using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using UserProxy.App.Servers.Http;
using UserProxy.Model;
using UserProxy.Syncing;

namespace UserProxy.App.Servers.Health;

/// <summary>
/// The answers of one Service's healthCheckNodePort, on all its addresses that can be had. A new count of endpoints is a write; an address that stays is not
/// touched.
/// </summary>
/// <param name="ports">Where to listen.</param>
/// <param name="health">Asked at each request.</param>
/// <param name="held">Told when who holds an address has changed, otherwise than by <see cref="ApplyAsync"/>; from a thread of the pool.</param>
internal sealed class ServiceHealthCheck(HttpPorts ports, NodeHealth health, Action<ServiceHealthCheck> held)
{
    private const string NoAddress = "no address of this node serves NodePorts";

    private readonly Dictionary<IPEndPoint, HttpPort> _listeners = [];

    /// <summary>Wildcards that somebody else holds at some addresses, and what is said of it.</summary>
    private readonly Dictionary<IPEndPoint, string> _spread = [];

    /// <summary>Addresses that cannot be had, and why not. Replaced, never changed.</summary>
    private volatile IReadOnlyDictionary<IPEndPoint, string> _missing = new Dictionary<IPEndPoint, string>();
    private volatile HealthCheckPort? _declared;
    private volatile bool _isAnswered;
    private volatile bool _isApplying;

    /// <summary>As it was applied last.</summary>
    public HealthCheckPort Declared => _declared!;

    /// <summary>The <see cref="Problem"/> that was told last. Of whoever tells it.</summary>
    public string? Told { get; set; }

    /// <summary>It is answered on some address.</summary>
    public bool IsAnswered => _isAnswered;

    /// <summary>An address is missing: it is to be tried again.</summary>
    public bool MustRetry => _missing.Count > 0;

    /// <summary>Somebody else has the port on an address that is missing.</summary>
    public bool IsTaken => _missing.Values.Contains(HttpPorts.Taken);

    /// <summary>The addresses that somebody else has, to look who it is.</summary>
    public IReadOnlyList<IPEndPoint> Taken => [.. _missing.Where(pair => pair.Value == HttpPorts.Taken).Select(pair => pair.Key)];

    /// <summary>Who has them.</summary>
    public KnownHolders Holders { get; } = new();

    /// <summary>What is wrong with it; null when it is answered on all addresses. From any thread.</summary>
    public string? Problem
    {
        get
        {
            List<string> reasons;
            lock (_spread) reasons = [.. _spread.Values];
            reasons.AddRange(_missing.Values.Select(why => why == HttpPorts.Taken ? HttpPorts.TakenBy(Holders) : why));
            if (reasons.Count > 0) return string.Join("; ", reasons.Distinct());
            return _isAnswered ? null : NoAddress;
        }
    }

    /// <summary>One for each address, which ends by a defect alone.</summary>
    public IEnumerable<Task> AcceptLoops => _listeners.Values.Select(port => port.Completion);

    /// <summary>Each address by itself (kube-proxy has all or none); a family that this machine does not have is no address.</summary>
    public async Task ApplyAsync(HealthCheckPort declared)
    {
        _declared = declared;
        _isApplying = true;
        var wanted = declared.Addresses.Select(address => new IPEndPoint(address, declared.Port)).ToHashSet();
        var missing = new Dictionary<IPEndPoint, string>();
        foreach (var (address, listener) in _listeners.ToList())
        {
            bool isDead = listener.Completion.IsCompleted;
            if (!isDead && wanted.Contains(address)) continue;
            await CloseAsync(address, listener);
            // Not bound at once: what dies at each client must not take a processor.
            if (isDead && wanted.Contains(address)) missing[address] = "its accept loop ended unexpectedly";
        }

        foreach (var address in wanted.Where(address => !_listeners.ContainsKey(address) && !missing.ContainsKey(address)))
        {
            try
            {
                _listeners.Add(address, await ports.ListenAsync(address, AnswerAsync, why => SetSpread(address, why)));
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressFamilyNotSupported)
            {
                // A kernel without IPv6 (or IPv4): nobody can ask there.
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                missing[address] = e.Message;
            }
        }

        _missing = missing;
        _isAnswered = _listeners.Count > 0;
        _isApplying = false;
        if (!IsTaken) Holders.Clear();
    }

    public async Task StopAsync()
    {
        foreach (var (address, listener) in _listeners.ToList()) await CloseAsync(address, listener);
    }

    private async Task CloseAsync(IPEndPoint address, HttpPort listener)
    {
        _listeners.Remove(address);
        await listener.DisposeAsync();
        lock (_spread) _spread.Remove(address);
    }

    private void SetSpread(IPEndPoint address, string? why)
    {
        lock (_spread)
        {
            if (why is null) _spread.Remove(address);
            else _spread[address] = why;
        }

        // Whoever applies it looks at what has come of it.
        if (!_isApplying) held(this);
    }

    /// <summary>On every path: load balancers ask for <c>/healthz</c> or <c>/</c>.</summary>
    private Task AnswerAsync(HttpContext context)
    {
        var declared = _declared!;
        bool proxyHealthy = health.TakesTraffic;
        context.Response.Headers["X-Load-Balancing-Endpoint-Weight"] = declared.LocalEndpoints.ToString(CultureInfo.InvariantCulture);
        var body = new ServiceHealthBody(new ServiceReference(declared.Namespace, declared.Service), declared.LocalEndpoints, proxyHealthy);
        return HealthResponse.WriteAsync(context, declared.LocalEndpoints > 0 && proxyHealthy, body, HealthJson.Default.ServiceHealthBody);
    }
}
