namespace UserProxy.App.Servers.Admin.Messages;

/// <summary>One service port of an <see cref="Explanation"/>.</summary>
internal sealed record ExplainedPort
{
    /// <summary>As <c>list</c> shows it.</summary>
    public required ServiceItem Service { get; init; }

    /// <summary>The endpoint that session affinity has the client pinned to, usable or not; null without a pin.</summary>
    public required string? Pin { get; init; }

    /// <summary>What a connection to each address meets; in the order of the Service's listeners.</summary>
    public required IReadOnlyList<ExplainedAddress> Addresses { get; init; }

    public required IReadOnlyList<ExplainedEndpoint> Endpoints { get; init; }

    /// <summary>What a person could do next; empty when all is well.</summary>
    public required IReadOnlyList<string> NextSteps { get; init; }
}
