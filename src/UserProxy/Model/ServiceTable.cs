using System.Collections.Frozen;
using System.Net.Sockets;

namespace UserProxy.Model;

/// <summary>
/// Everything this node must serve, at one revision. Immutable; equality compares content and leaves the revision out, so that a source
/// can tell an unchanged cluster from a changed one.
/// </summary>
public sealed class ServiceTable : IEquatable<ServiceTable>
{
    private readonly FrozenDictionary<(ServicePortName, AddressFamily), ServicePort> _byName;

    public ServiceTable(long revision, IEnumerable<ServicePort> ports, IEnumerable<TableIssue>? issues = null)
    {
        Revision = revision;
        Ports = new([.. ports.OrderBy(port => port.Name).ThenBy(port => port.Family)]);
        Issues = new([.. issues ?? []]);
        _byName = Ports.ToFrozenDictionary(port => (port.Name, port.Family));
    }

    public static ServiceTable Empty { get; } = new(0, []);

    /// <summary>Counts the tables that one source has yielded.</summary>
    public long Revision { get; }

    /// <summary>Sorted by name, then family.</summary>
    public ValueList<ServicePort> Ports { get; }

    public ValueList<TableIssue> Issues { get; }

    public ServicePort? Find(ServicePortName name, AddressFamily family) => _byName.GetValueOrDefault((name, family));

    public bool Equals(ServiceTable? other) => other is not null && Ports == other.Ports && Issues == other.Issues;

    public override bool Equals(object? obj) => Equals(obj as ServiceTable);

    public override int GetHashCode() => HashCode.Combine(Ports, Issues);
}
