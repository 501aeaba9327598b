using UserProxy.Model;

namespace UserProxy.Kubernetes.Building;

/// <summary>What <see cref="ServiceTableBuilder"/> keeps of one Service between two tables. The only thing here that is not a fact but a state.</summary>
internal sealed class BuiltService(ServiceKey key)
{
    public ServiceDraft Draft { get; set; } = new(key);

    public IReadOnlyList<(ListenKey, Claimant)> Claims { get; set; } = [];

    /// <summary>As in the last table.</summary>
    public IReadOnlyList<ServicePort> Ports { get; set; } = [];

    public IssueList? Issues { get; set; }

    /// <summary>The Service is no longer there, or not for this proxy: to be forgotten at the next table.</summary>
    public bool IsGone { get; set; }
}
