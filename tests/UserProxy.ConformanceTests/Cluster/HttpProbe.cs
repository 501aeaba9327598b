using System.Globalization;
using System.Net;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Cluster;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.ConformanceTests.Cluster;

/// <summary>A GET as a load balancer or a kubelet sends it to a node, and as a client sends it to a Pod.</summary>
internal static class HttpProbe
{
    /// <summary>The status; else <see cref="Host.Refused"/>, <see cref="Host.Reset"/>, or <see cref="Host.Silence"/> for every other reason.</summary>
    public static Task<string> GetAsync(Host from, IPAddress address, int port, string path) =>
        SendAsync(from, address, port, path, response => Task.FromResult(((int)response.StatusCode).ToString(CultureInfo.InvariantCulture)));

    /// <summary>The same with what is in the answer, whatever its status.</summary>
    public static Task<string> ReadAsync(Host from, IPAddress address, int port, string path, TimeSpan? within = null) =>
        SendAsync(from, address, port, path, response => response.Content.ReadAsStringAsync(), within);

    private static async Task<string> SendAsync(
        Host from, IPAddress address, int port, string path, Func<HttpResponseMessage, Task<string>> read, TimeSpan? within = null)
    {
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, stop) =>
            {
                var socket = NamespaceThread.Run(from.Namespace, () => new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
                try
                {
                    await socket.ConnectAsync(address, port, stop);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
        using var http = new HttpClient(handler) { Timeout = within ?? TimeSpan.FromSeconds(5) };
        try
        {
            using var response = await http.GetAsync(new Uri($"http://node{path}"));
            return await read(response);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
        {
            return CodeOf(e) switch
            {
                SocketError.ConnectionRefused => Host.Refused,
                SocketError.ConnectionReset => Host.Reset,
                _ => Host.Silence,
            };
        }
    }

    private static SocketError? CodeOf(Exception? failure) => failure switch
    {
        null => null,
        SocketException socket => socket.SocketErrorCode,
        _ => CodeOf(failure.InnerException),
    };
}
