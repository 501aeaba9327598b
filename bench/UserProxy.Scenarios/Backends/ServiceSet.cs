namespace UserProxy.Scenarios.Backends;

/// <summary>Services that a path serves together.</summary>
/// <param name="Services">All of them.</param>
/// <param name="WillChange">Whether endpoints will be changed while it runs, which not every path can do.</param>
internal sealed record ServiceSet(IReadOnlyList<Service> Services, bool WillChange = false)
{
    /// <summary>Further objects of a Kubernetes API, one line of JSON each, for a path that follows one; nobody asks them.</summary>
    public IEnumerable<string> Others { get; init; } = [];

    /// <summary>A new process will take over while it runs, which not every path can do.</summary>
    public bool WillHandOver { get; init; }

    public bool HasClusterIPs => Services.Any(service => service.ClusterIP is not null);
}
