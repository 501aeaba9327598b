using System.Net;
using System.Net.Sockets;
using UserProxy.Linux.SocketDiagnostics;

namespace UserProxy.App.Metrics;

/// <summary>The family about clients that have sent their FIN and still hold a socket here. Written by <see cref="ServiceMetrics"/>, which knows what is listened on.</summary>
internal static class CloseWaitMetrics
{
    private static readonly Labels Accepted = Labels.Of("state", "accepted"), Unaccepted = Labels.Of("state", "unaccepted");

    /// <param name="writer">The scrape.</param>
    /// <param name="listening">TCP addresses in LISTEN. Sockets towards endpoints have local ports of their own, and so are left out.</param>
    public static async Task WriteAsync(MetricWriter writer, IEnumerable<IPEndPoint> listening)
    {
        if (!OperatingSystem.IsLinux()) return;
        HashSet<IPEndPoint> ours = [.. listening];
        await writer.FamilyAsync("userproxy_close_wait_connections", MetricKind.Gauge, "Client connections in CLOSE_WAIT, that is after the client's FIN: accepted and not closed yet, or not accepted.");
        if (CloseWaitSockets.Count(local => ours.Contains(local) || ours.Contains(Wildcard(local))) is not { } counts) return;
        writer.Sample(Accepted, counts.Accepted);
        writer.Sample(Unaccepted, counts.Unaccepted);
    }

    private static IPEndPoint Wildcard(IPEndPoint local) => new(local.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, local.Port);
}
