using System.Net.Sockets;
using System.Text.Json;

namespace UserProxy.FunctionalTests.Support;

/// <summary>The admin socket of a running proxy, asked as curl would: without a process for each question.</summary>
internal sealed class AdminSocket(string path) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellation) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    { BaseAddress = new Uri("http://localhost") };

    /// <summary>The address and the endpoint that explain names, of a Service with one of each port and address.</summary>
    public async Task<(string? Address, string? NextEndpoint)> ExplainAsync(string service, string? from = null)
    {
        using var json = JsonDocument.Parse(await _http.GetStringAsync(new Uri($"/v1/explain?service={service}&from={from}", UriKind.Relative)));
        var address = json.RootElement.GetProperty("ports").EnumerateArray().Single().GetProperty("addresses").EnumerateArray().Single();
        return (address.GetProperty("address").GetString(), address.GetProperty("nextEndpoint").GetString());
    }

    /// <summary>
    /// Whether no connection of the Service is left. Schedulers that count connections pick by them: what explain says holds while none ends meanwhile.
    /// </summary>
    public async Task<bool> IsIdleAsync(string service)
    {
        using var json = JsonDocument.Parse(await _http.GetStringAsync(new Uri($"/v1/services?service={service}", UriKind.Relative)));
        return json.RootElement.GetProperty("services").EnumerateArray().All(
            port => port.GetProperty("endpoints").EnumerateArray().All(endpoint => endpoint.GetProperty("activeConnections").GetInt64() == 0));
    }

    public void Dispose() => _http.Dispose();
}
