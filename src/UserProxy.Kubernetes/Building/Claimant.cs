using UserProxy.Kubernetes.Objects;
using UserProxy.Model;

namespace UserProxy.Kubernetes.Building;

/// <summary>
/// Who wants a <see cref="ListenKey"/>, as an address of which kind, and since when; the health checks of a Service have no kind and no
/// port name. Those whose Service does not say when it was created come after those that do.
/// </summary>
internal readonly record struct Claimant(ServicePortName Name, ListenerKind? Kind, DateTimeOffset Created) : IComparable<Claimant>
{
    public ObjectId Service => new(Name.Namespace, Name.Name);

    /// <summary>
    /// Addresses that the cluster gave out come first, then those that a load balancer reported, then what the author of a Service wrote down: an externalIP
    /// must not take over a ClusterIP (CVE-2020-8554).
    /// </summary>
    private int Rank => Kind switch
    {
        ListenerKind.ExternalIP => 2,
        ListenerKind.LoadBalancer => 1,
        _ => 0,
    };

    /// <summary>
    /// The least one keeps what several want: by rank, then the older, then by name, and within one Service its ports before its health checks.
    /// </summary>
    public int CompareTo(Claimant other)
    {
        int order = Rank.CompareTo(other.Rank);
        if (order == 0) order = Created.CompareTo(other.Created);
        if (order == 0) order = Service.CompareTo(other.Service);
        if (order == 0) order = (Kind is null).CompareTo(other.Kind is null);
        return order != 0 ? order : Name.CompareTo(other.Name);
    }

    public override string ToString() => Kind is null ? $"the health checks of {Service}" : Name.ToString();
}
