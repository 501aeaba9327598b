using System.Net;

namespace UserProxy.Linux.PortInspection;

/// <summary>What <see cref="NodeInspector"/> is asked.</summary>
public sealed record NodeQuestion
{
    /// <summary>The addresses of this node's interfaces: where test connections go, if there are to be any.</summary>
    public IReadOnlyList<IPAddress> OwnAddresses { get; init; } = [];

    /// <summary>The walk over all processes finds the owners of all sockets: it may take longer than for one port.</summary>
    public InspectionTimings Timings { get; init; } = new() { Owners = TimeSpan.FromSeconds(1) };
}
