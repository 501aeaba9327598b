namespace UserProxy.App.Servers.Admin.Messages;

/// <summary>How one resource of the API server is followed.</summary>
internal sealed record FollowedItem
{
    /// <summary><c>services</c>, <c>endpointslices</c> or <c>nodes</c>.</summary>
    public required string Resource { get; init; }

    /// <summary>Since the server last said anything about it; null before the first list.</summary>
    public double? HeardSecondsAgo { get; init; }

    /// <summary>What keeps it from being followed now; null when nothing does.</summary>
    public string? Trouble { get; init; }

    /// <summary>Since when there is trouble of whatever kind.</summary>
    public DateTimeOffset? TroubleSince { get; init; }

    /// <summary><c>unauthorized</c> (401), <c>forbidden</c> (403), <c>unreachable</c> and so on; null when nothing is wrong.</summary>
    public string? Failure { get; init; }

    /// <summary>Since when it is this kind and no other.</summary>
    public DateTimeOffset? FailureSince { get; init; }
}

/// <summary>An address that cannot be listened on.</summary>
/// <param name="Namespace">Of the Service.</param>
/// <param name="Name">Of the Service.</param>
/// <param name="Port">The port's name; may be empty.</param>
/// <param name="Kind">As in <see cref="ListenerItem"/>.</param>
/// <param name="Address">IP.</param>
/// <param name="PortNumber">Port.</param>
/// <param name="Reason">Why; null while that is being found out.</param>
internal sealed record FailedListenerItem(string Namespace, string Name, string Port, string Kind, string Address, int PortNumber, string? Reason);

/// <summary>A Service's <c>healthCheckNodePort</c>.</summary>
internal sealed record HealthCheckItem(string Namespace, string Name, int Port);
