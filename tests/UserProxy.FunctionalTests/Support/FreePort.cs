using System.Net.NetworkInformation;

namespace UserProxy.FunctionalTests.Support;

/// <summary>
/// Ports that nothing uses, of either protocol and family, below the ephemeral range, so that no client's socket takes them in between. Looked up, and not
/// tried: a socket that is bound and closed is held by a process that is just being started, as all others are, until its program is loaded.
/// </summary>
internal static class FreePort
{
    private const int First = 20_000, Count = 10_000;

    /// <summary>Others on this machine rarely come and go, and the list of connections may be long.</summary>
    private static readonly TimeSpan LooksEvery = TimeSpan.FromSeconds(1);

    private static readonly Lock Gate = new();
    private static int Given = Random.Shared.Next(Count);
    private static HashSet<int> Used = [];
    private static long LookedAt;

    public static int Next()
    {
        lock (Gate)
        {
            if (LookedAt == 0 || TimeProvider.System.GetElapsedTime(LookedAt) > LooksEvery) Look();
            for (int tries = 0; tries < Count; tries++)
            {
                int port = First + (++Given % Count);
                if (!Used.Contains(port)) return port;
            }
        }

        throw new InvalidOperationException("no free port");
    }

    private static void Look()
    {
        var network = IPGlobalProperties.GetIPGlobalProperties();
        Used = [
            .. network.GetActiveTcpListeners().Select(at => at.Port), .. network.GetActiveTcpConnections().Select(connection => connection.LocalEndPoint.Port),
            .. network.GetActiveUdpListeners().Select(at => at.Port)];
        LookedAt = TimeProvider.System.GetTimestamp();
    }
}
