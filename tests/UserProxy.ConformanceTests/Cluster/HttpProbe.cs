using System.Globalization;
using System.Net;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Cluster;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.ConformanceTests.Cluster;

/// <summary>A GET as a load balancer or a kubelet sends it to a node.</summary>
internal static class HttpProbe
{
    /// <summary>The status, or <see cref="Host.Refused"/>, or <see cref="Host.Silence"/> for any other reason why there is none.</summary>
    public static async Task<string> GetAsync(Host from, IPAddress address, int port, string path)
    {
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, stop) =>
            {
                var socket = NamespaceThread.Run(from.Namespace, () => new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
                await socket.ConnectAsync(address, port, stop);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var http = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(5) };
        try
        {
            using var response = await http.GetAsync(new Uri($"http://node{path}"));
            return ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture);
        }
        catch (HttpRequestException e) when (e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused })
        {
            return Host.Refused;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return Host.Silence;
        }
    }
}
