using System.Net;
using UserProxy.Model;

namespace UserProxy.Linux.PortInspection;

/// <summary>What <see cref="PortInspector"/> is asked.</summary>
public sealed record PortQuestion
{
    public required int Port { get; init; }

    public TransportProtocol Protocol { get; init; } = TransportProtocol.Tcp;

    /// <summary>Only this address; null for those that the port has here.</summary>
    public IPAddress? Address { get; init; }

    /// <summary>A test connection may be made (TCP only).</summary>
    public bool Probe { get; init; } = true;

    /// <summary>The addresses of this node's interfaces, where NodePorts of kernel NAT answer.</summary>
    public IReadOnlyList<IPAddress> OwnAddresses { get; init; } = [];

    public InspectionTimings Timings { get; init; } = new();
}
