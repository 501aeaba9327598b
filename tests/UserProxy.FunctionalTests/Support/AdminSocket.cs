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

    public void Dispose() => _http.Dispose();
}
