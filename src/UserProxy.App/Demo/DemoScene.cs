using System.Globalization;
using UserProxy.App.Servers.Admin;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Reading;
using UserProxy.Serving;

namespace UserProxy.App.Demo;

/// <summary>What the demo is made of: the running proxy and the backends behind it. Shown by the views, acted on by commands and script.</summary>
internal sealed class DemoScene(Proxier proxier, IReadOnlyList<DemoBackend> backends, int port)
{
    private volatile IReadOnlyList<DemoBackend> _backends = backends;
    private volatile int _port = port;

    public int Port => _port;

    public IReadOnlyList<DemoBackend> Backends => _backends;

    /// <summary>What is served, as it is declared.</summary>
    public IReadOnlyList<ServicePort> Ports => [.. proxier.View.Services().Select(service => service.Port)];

    /// <summary>What files are served and followed; null for the demo's own Service.</summary>
    public string? Files { get; init; }

    /// <summary>What of the files cannot be read now.</summary>
    public Func<string?> FileTrouble { get; init; } = () => null;

    /// <summary>For a line under or before the table: what is tried, which an edit may change.</summary>
    public string? Place => Files is null ? null
        : FileTrouble() is { } trouble ? $"NodePort {Port}; {trouble}"
        : $"NodePort {Port}";

    public long Accepted => Status?.Counters.Accepted ?? 0;

    public long Retries => Status?.Counters.ConnectRetries ?? 0;

    /// <summary>Connections that no backend could be found for.</summary>
    public long Refused => Status?.Counters.Closed(EndReason.NoEndpoint) ?? 0;

    /// <summary>Null while the port is served; else why not.</summary>
    public string? Trouble => Status?.Listeners.FirstOrDefault(listener => listener.State != ListenerState.Listening)?.Reason;

    /// <summary>Of the UDP port beside it.</summary>
    public int Sessions => Find(TransportProtocol.Udp)?.Udp?.Active ?? 0;

    public long Datagrams => Find(TransportProtocol.Udp)?.Udp?.DatagramsIn ?? 0;

    private ServiceReading? Status => Find(TransportProtocol.Tcp);

    public IReadOnlyList<DemoRow> Rows()
    {
        var endpoints = proxier.View.Services().Where(service => service.Port.Name.Protocol == TransportProtocol.Tcp)
            .SelectMany(service => service.ReadEndpoints()).ToList();
        return [.. Backends.Select(backend => RowOf(backend, endpoints.FirstOrDefault(status => status.Endpoint.EndPoint.Equals(backend.Address))))];
    }

    /// <summary>The files have changed. Without a NodePort the old one is what is shown, and nobody answers there.</summary>
    public void Show(IReadOnlyList<DemoBackend> backends, int? port)
    {
        _backends = backends;
        _port = port ?? _port;
    }

    /// <summary><c>k N</c> kills backend N, <c>r N</c> revives it; false when it is neither.</summary>
    public async Task<bool> TryCommandAsync(string command)
    {
        if (command.Split(' ', StringSplitOptions.RemoveEmptyEntries) is not [var verb, var which]) return false;
        if (!int.TryParse(which, out int number) || Backends.FirstOrDefault(one => one.Number == number) is not { } backend) return false;
        if (verb == "k") await backend.KillAsync();
        else if (verb == "r") await backend.ReviveAsync();
        else return false;
        return true;
    }

    private ServiceReading? Find(TransportProtocol protocol) => proxier.View.Services().FirstOrDefault(service => service.Port.Name.Protocol == protocol);

    private static DemoRow RowOf(DemoBackend backend, EndpointReading? status) => new(
        backend.Name,
        backend.Address.ToString(),
        backend.IsUp,
        HealthWords.Of(status?.Health ?? EndpointHealth.Unknown),
        status?.ActiveConnections ?? 0,
        status?.TotalConnections ?? 0,
        status?.FailedConnects ?? 0,
        (status?.BytesIn ?? 0) + (status?.BytesOut ?? 0),
        status?.AsideFor);
}

/// <summary>One backend as the table shows it.</summary>
/// <param name="Name">Of the demo.</param>
/// <param name="Address">Where it is dialled.</param>
/// <param name="IsUp">It runs, whatever the proxy knows of it.</param>
/// <param name="State">What the proxy knows of it.</param>
/// <param name="Active">Connections.</param>
/// <param name="Total">Connections so far.</param>
/// <param name="FailedConnects">Dials that failed so far.</param>
/// <param name="Bytes">Both ways.</param>
/// <param name="AsideFor">How much longer no new connection goes there; null while they do.</param>
internal sealed record DemoRow(
    string Name, string Address, bool IsUp, string State, int Active, long Total, long FailedConnects, long Bytes, TimeSpan? AsideFor = null)
{
    /// <summary><see cref="State"/>, with the seconds for which an endpoint is aside.</summary>
    public string TimedState => AsideFor is { } aside ? string.Create(CultureInfo.InvariantCulture, $"{State} for {Math.Ceiling(aside.TotalSeconds)}s") : State;
}
