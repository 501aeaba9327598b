namespace UserProxy.App.Servers.Admin.Messages;

/// <summary>One service port in one address family.</summary>
internal sealed record ServiceItem
{
    public required string Namespace { get; init; }

    public required string Name { get; init; }

    /// <summary>The port's name; empty for the single port of a Service that does not name it.</summary>
    public required string Port { get; init; }

    /// <summary>The Service's own <c>port</c>.</summary>
    public required int PortNumber { get; init; }

    /// <summary><c>TCP</c> or <c>UDP</c>.</summary>
    public required string Protocol { get; init; }

    /// <summary><c>IPv4</c> or <c>IPv6</c>.</summary>
    public required string IpFamily { get; init; }

    /// <summary>IPVS's short name.</summary>
    public required string Scheduler { get; init; }

    /// <summary><c>ClientIP</c> or <c>None</c>.</summary>
    public required string SessionAffinity { get; init; }

    public required double? SessionAffinityTimeoutSeconds { get; init; }

    /// <summary><c>Cluster</c> or <c>Local</c>: for ClusterIPs.</summary>
    public required string InternalTrafficPolicy { get; init; }

    /// <summary><c>Cluster</c> or <c>Local</c>: for all other addresses.</summary>
    public required string ExternalTrafficPolicy { get; init; }

    public required int ActiveConnections { get; init; }

    /// <summary>Taken from the listeners' queues since the port was first served.</summary>
    public required long AcceptedConnections { get; init; }

    public required IReadOnlyList<ListenerItem> Listeners { get; init; }

    public required IReadOnlyList<EndpointItem> Endpoints { get; init; }
}
