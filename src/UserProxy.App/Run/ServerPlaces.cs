
using UserProxy.App.Servers.Admin;

namespace UserProxy.App.Run;

/// <summary>
/// How many clients the servers of the process take at once. Their descriptors are set aside at the start: whoever floods one of them must not take what others
/// need.
/// </summary>
/// <param name="Checks">Of the node's health port.</param>
/// <param name="ServiceChecks">Of all healthCheckNodePorts.</param>
/// <param name="Scrapes">Of the metrics port.</param>
/// <param name="Questions">Of the admin socket.</param>
internal sealed record ServerPlaces(int Checks, int ServiceChecks, int Scrapes, int Questions)
{
    /// <summary>The memory that a scrape may take while it is made, and what a health check may hold in buffers.</summary>
    private const int BytesOfScrape = 8 << 20, BytesOfCheck = 64 << 10;

    /// <summary>Connections that all of them may have.</summary>
    public int All => Checks + ServiceChecks + Scrapes + Questions;

    /// <param name="descriptors">The limit of the process.</param>
    /// <param name="memory">Bytes that it may have. Checks get an eighth: a crowd that reads nothing must not take the heap from the data path.</param>
    public static ServerPlaces Within(int descriptors, long memory)
    {
        int checks = (int)Math.Clamp(Math.Min(descriptors / 20, memory / 8 / BytesOfCheck) / 2, 8, 256);
        return new(
            checks,
            checks,
            (int)Math.Clamp(Math.Min(descriptors / 32, memory / BytesOfScrape), 4, 32),
            Math.Clamp(descriptors / 64, 4, AdminServer.MaxConnections));
    }
}
