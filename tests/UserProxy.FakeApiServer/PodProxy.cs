using System.Globalization;
using System.Net;

namespace UserProxy.FakeApiServer;

/// <summary>
/// The subresource <c>proxy</c> of Pods: a GET goes on to the Pod's own address, and its answer comes back. Called by <see cref="ApiRequests"/>.
/// </summary>
internal sealed class PodProxy(Store store, ServerSettings settings) : IDisposable
{
    private readonly HttpClient _pods = new(new SocketsHttpHandler
    {
        // A Pod's answer belongs to one request: nothing is kept that its end would break.
        PooledConnectionLifetime = TimeSpan.Zero,
        ConnectCallback = (context, stop) => settings.ReachPod(new IPEndPoint(IPAddress.Parse(context.DnsEndPoint.Host), context.DnsEndPoint.Port), stop),
    })
    {
        Timeout = TimeSpan.FromSeconds(30),
    };

    /// <summary>Null for a path that is not of it: <c>/api/v1/namespaces/SPACE/pods/[http:]NAME[:PORT]/proxy/REST</c>.</summary>
    public static (string Space, string Name, int Port, string Path)? Parse(string path)
    {
        if (path.Split('/', 9) is not ["", "api", "v1", "namespaces", var space, "pods", var target, "proxy", var rest]) return null;
        string[] parts = target.Split(':');
        if (parts is ["http", _, ..]) parts = parts[1..];
        return (space, parts[0], parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 80, rest);
    }

    /// <returns>The status and what is answered.</returns>
    /// <exception cref="RefusedException">There is no such Pod, or it is not reached.</exception>
    public async Task<(int Code, string Body)> GetAsync(string path, string query, CancellationToken stop)
    {
        var (space, name, port, rest) = Parse(path)!.Value;
        var pod = store.Get("pods", space, name) ?? throw RefusedException.NotFound("pods", name);
        if (!IPAddress.TryParse(pod["status"]?["podIP"]?.ToString(), out var address))
            throw new RefusedException(500, "InternalError", "address not allowed"); // in these words, as none is no address
        try
        {
            using var response = await _pods.GetAsync(new Uri($"http://{new IPEndPoint(address, port)}/{rest}{query}"), stop);
            return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(stop));
        }
        catch (HttpRequestException e)
        {
            throw new RefusedException(503, "ServiceUnavailable", $"error trying to reach service: {e.Message}");
        }
    }

    public void Dispose() => _pods.Dispose();
}
