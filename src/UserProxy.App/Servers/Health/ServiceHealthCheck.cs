using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using UserProxy.Model;
using UserProxy.Syncing;

namespace UserProxy.App.Servers.Health;

/// <summary>
/// The answers of one Service's healthCheckNodePort, on all its addresses. A new count of endpoints is a write; an address that stays is not touched.
/// </summary>
/// <param name="ports">Where to listen.</param>
/// <param name="health">Asked at each request.</param>
/// <param name="held">Told when somebody else has the port on some addresses, why; and null when it is whole.</param>
internal sealed class ServiceHealthCheck(HttpPorts ports, NodeHealth health, Action<HealthCheckPort, string?> held)
{
    private readonly Dictionary<IPEndPoint, HttpPort> _listeners = [];
    private volatile HealthCheckPort? _declared;

    /// <summary>Why it is not answered; null when it is.</summary>
    public string? Failure { get; private set; }

    /// <summary>Somebody else has the port on some addresses, which has been said.</summary>
    public bool IsSpread { get; private set; }

    /// <summary>Who has its port, while it is not answered for that.</summary>
    public KnownHolders Holders { get; } = new();

    /// <summary>One for each address, which ends by a defect alone.</summary>
    public IEnumerable<Task> AcceptLoops => _listeners.Values.Select(port => port.Completion);

    /// <summary>All addresses or none, as in kube-proxy; a family that this machine does not have is no address.</summary>
    public async Task ApplyAsync(HealthCheckPort declared)
    {
        _declared = declared;
        if (AcceptLoops.Any(loop => loop.IsCompleted))
        {
            // Not at once: what dies at each client must not take a processor.
            await StopAsync();
            Failure = "its accept loop ended unexpectedly";
            return;
        }

        var wanted = declared.Addresses.Select(address => new IPEndPoint(address, declared.Port)).ToHashSet();
        foreach (var (address, listener) in _listeners.Where(pair => !wanted.Contains(pair.Key)).ToList())
        {
            await listener.DisposeAsync();
            _listeners.Remove(address);
        }

        Failure = null;
        // Said when all addresses are had: one that follows may fail, and then none is kept.
        string? spread = null;
        bool isHad = false;
        foreach (var address in wanted.Where(address => !_listeners.ContainsKey(address)))
        {
            try
            {
                _listeners.Add(address, await ports.ListenAsync(address, AnswerAsync, OnHeld));
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressFamilyNotSupported)
            {
                // A kernel without IPv6 (or IPv4): nobody can ask there.
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                await StopAsync();
                Failure = e.Message;
                return;
            }
        }

        isHad = true;
        if (_listeners.Count == 0) Failure = "no address of this node serves NodePorts";
        else if (spread is not null) ReportHeld(spread);

        void OnHeld(string? reason)
        {
            if (isHad) ReportHeld(reason);
            else spread = reason;
        }
    }

    public async Task StopAsync()
    {
        foreach (var listener in _listeners.Values) await listener.DisposeAsync();
        _listeners.Clear();
        IsSpread = false;
    }

    private void ReportHeld(string? reason)
    {
        IsSpread = reason is not null;
        held(_declared!, reason);
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
