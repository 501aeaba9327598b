namespace UserProxy.App.Migrate;

/// <summary>What <c>migrate plan</c> was asked, unchecked.</summary>
/// <param name="KubeProxyFile">kube-proxy's configuration; null: the cluster's ConfigMap.</param>
/// <param name="SettingsFile">A UserProxyConfiguration to plan for.</param>
/// <param name="Kubeconfig">The cluster.</param>
/// <param name="Manifests">Instead of a cluster.</param>
/// <param name="NodeName">Null: as <c>run</c> would have it.</param>
/// <param name="LooksAtNode">Whether ports and rules of this machine are looked at.</param>
internal sealed record PlanRequest(
    string? KubeProxyFile, string? SettingsFile, string? Kubeconfig, IReadOnlyList<string> Manifests, string? NodeName, bool LooksAtNode);
