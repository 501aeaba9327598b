namespace UserProxy.Udp;

/// <summary>
/// How many UDP sessions there may be. Over a limit the session that is worth least makes room; nothing grows. Each loop keeps its share by itself, as the
/// kernel spreads flows over the loops evenly.
/// </summary>
/// <param name="Total">All together.</param>
/// <param name="PerListener">Of one address and port: a flood of one Service leaves room for the others.</param>
/// <param name="PerClient">Of one client address: a client that takes a new port for every query, or many clients behind one address.</param>
public sealed record SessionLimits(int Total, int PerListener, int PerClient)
{
    /// <summary>Some 30 MB when all are taken.</summary>
    public static SessionLimits Default { get; } = new(65_536, 32_768, 8_192);

    /// <summary>Our own ports of a pool that are opened freely, so that each may rest as long as it should. Some 6 MB in the kernel.</summary>
    public int AmplePorts { get; init; } = 2_048;

    internal SessionLimits ShareOf(int loops) => new(Share(Total, loops), Share(PerListener, loops), Share(PerClient, loops))
    {
        AmplePorts = Share(AmplePorts, loops),
    };

    private static int Share(int limit, int loops) => Math.Max(1, (limit + loops - 1) / loops);
}
