namespace UserProxy.Model;

/// <summary>
/// Everything this node must serve, at one revision. Immutable; equality compares content and leaves the revision out, so that a source
/// can tell an unchanged cluster from a changed one.
/// </summary>
public sealed class ServiceTable : IEquatable<ServiceTable>
{
    public ServiceTable(long revision, IEnumerable<ServicePort> ports, IEnumerable<TableIssue>? issues = null)
        : this(revision, new ValueList<ServicePort>([.. ports.Order(Order)]), [.. issues ?? []])
    {
    }

    /// <summary>Ports that are sorted by <see cref="Order"/> already: a table of a large cluster is made many times a second.</summary>
    public ServiceTable(long revision, ValueList<ServicePort> sortedPorts, ValueList<TableIssue> issues)
    {
        Revision = revision;
        Ports = sortedPorts;
        Issues = issues;
    }

    public static ServiceTable Empty { get; } = new(0, [], []);

    /// <summary>By name, then IPv4 before IPv6.</summary>
    public static IComparer<ServicePort> Order { get; } = Comparer<ServicePort>.Create(Compare);

    /// <summary>Counts the tables that one source has yielded.</summary>
    public long Revision { get; }

    /// <summary>Sorted by name, then family.</summary>
    public ValueList<ServicePort> Ports { get; }

    public ValueList<TableIssue> Issues { get; }

    public ValueList<HealthCheckPort> HealthChecks { get; init; } = [];

    /// <summary>Services that were told of and have no port here, sorted by name.</summary>
    public ValueList<LeftOutService> LeftOut { get; init; } = [];

    public OwnNode Node { get; init; } = new("");

    public bool Equals(ServiceTable? other) =>
        other is not null && Ports == other.Ports && Issues == other.Issues && HealthChecks == other.HealthChecks && Node == other.Node
        && LeftOut == other.LeftOut;

    public override bool Equals(object? obj) => Equals(obj as ServiceTable);

    public override int GetHashCode() => HashCode.Combine(Ports, Issues);

    private static int Compare(ServicePort left, ServicePort right)
    {
        int byName = left.Name.CompareTo(right.Name);
        return byName != 0 ? byName : left.Family.CompareTo(right.Family);
    }
}
