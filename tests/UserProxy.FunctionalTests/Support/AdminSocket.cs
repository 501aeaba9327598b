using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace UserProxy.FunctionalTests.Support;

/// <summary>
/// The admin socket of a running proxy, asked as curl would: without a process for each question. It may not be there yet, or not know the Service yet: then it
/// is asked again.
/// </summary>
internal sealed class AdminSocket(string path) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellation) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    })
    { BaseAddress = new Uri("http://localhost") };

    /// <summary>The address and the endpoint that explain names, of a Service with one of each port and address.</summary>
    public async Task<(string? Address, string? NextEndpoint)> ExplainAsync(string service, string? from = null)
    {
        JsonDocument? answer = null;
        await Eventually.IsTrue(
            async () => (answer = await TryGetAsync($"/v1/explain?service={service}&from={from}")) is not null, $"the admin socket knows {service}");
        using var json = answer!;
        var address = json.RootElement.GetProperty("ports").EnumerateArray().Single().GetProperty("addresses").EnumerateArray().Single();
        return (address.GetProperty("address").GetString(), address.GetProperty("nextEndpoint").GetString());
    }

    /// <summary>The process as a whole.</summary>
    public async Task<JsonElement> StatusAsync()
    {
        JsonDocument? answer = null;
        await Eventually.IsTrue(async () => (answer = await TryGetAsync("/v1/status")) is not null, "the admin socket answers");
        using var json = answer!;
        return json.RootElement.Clone();
    }

    /// <summary>
    /// Whether it is known that no connection of the Service is left. Schedulers that count connections pick by them: what explain says holds while none ends
    /// meanwhile.
    /// </summary>
    public async Task<bool> IsIdleAsync(string service)
    {
        using var json = await TryGetAsync($"/v1/services?service={service}");
        if (json is null) return false;
        var ports = json.RootElement.GetProperty("services").EnumerateArray().ToList();
        return ports.Count > 0 && ports.All(
            port => port.GetProperty("endpoints").EnumerateArray().All(endpoint => endpoint.GetProperty("activeConnections").GetInt64() == 0));
    }

    /// <summary>Dials of a Service's endpoints that have failed.</summary>
    public async Task<long> FailedConnectsAsync(string service)
    {
        using var json = await TryGetAsync($"/v1/services?service={service}");
        return json is null ? 0 : json.RootElement.GetProperty("services").EnumerateArray()
            .SelectMany(port => port.GetProperty("endpoints").EnumerateArray()).Sum(endpoint => endpoint.GetProperty("failedConnects").GetInt64());
    }

    /// <summary>Whether a table has been applied.</summary>
    public async Task<bool> ServesAsync()
    {
        using var json = await TryGetAsync("/v1/services");
        return json?.RootElement.GetProperty("revision").GetInt64() > 0;
    }

    /// <summary>Running connections; empty when nobody answers yet.</summary>
    public async Task<IReadOnlyList<JsonElement>> ConnectionsAsync()
    {
        using var json = await TryGetAsync("/v1/connections");
        return json is null ? [] : [.. json.RootElement.Clone().GetProperty("connections").EnumerateArray()];
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Null when nobody answers yet, or what is asked for is not known yet.</summary>
    private async Task<JsonDocument?> TryGetAsync(string address)
    {
        try
        {
            return JsonDocument.Parse(await _http.GetStringAsync(new Uri(address, UriKind.Relative)));
        }
        catch (HttpRequestException e) when (e.StatusCode is null or HttpStatusCode.NotFound)
        {
            return null;
        }
    }
}
