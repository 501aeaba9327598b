using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Objects;

namespace UserProxy.Kubernetes.Client;

/// <summary>Which objects of the cluster a service proxy wants, as the newest kube-proxy has it.</summary>
internal static class ClusterSelectors
{
    /// <param name="serveLabel">The value of the proxy-name label to serve; null: those without the label.</param>
    public static Selectors<ServiceObject> Services(string? serveLabel) => new(
        serveLabel is null ? $"!{WellKnown.ServiceProxyNameLabel}" : $"{WellKnown.ServiceProxyNameLabel}={serveLabel}",
        "spec.clusterIP!=None",
        FieldIsOptional: true, // servers before 1.31 do not know it
        service => service.Metadata.Labels?.GetValueOrDefault(WellKnown.ServiceProxyNameLabel) == serveLabel
            && service.Spec?.ClusterIP != WellKnown.HeadlessClusterIP);

    /// <summary>Not by the proxy-name label: the slice controller copies it from the Service with a lag.</summary>
    public static readonly Selectors<EndpointSliceObject> EndpointSlices = new(
        $"!{WellKnown.HeadlessLabel}", null, FieldIsOptional: false, slice => slice.Metadata.Labels?.ContainsKey(WellKnown.HeadlessLabel) != true);

    public static Selectors<NodeObject> Node(string name) => new(null, $"metadata.name={name}", FieldIsOptional: false, node => node.Metadata.Name == name);
}

/// <summary>Which objects of a kind are wanted. The server applies the selectors, and <paramref name="Accepts"/> is applied here in every case.</summary>
/// <param name="Label">A label selector, or null.</param>
/// <param name="Field">A field selector, or null.</param>
/// <param name="FieldIsOptional">A server that answers 400 is asked without it.</param>
/// <param name="Accepts">The same on our side; an object that no longer passes counts as deleted.</param>
internal sealed record Selectors<T>(string? Label, string? Field, bool FieldIsOptional, Func<T, bool> Accepts)
{
    public ListQuery Of(ListQuery query) => query with { Label = Label, Field = Field };
}
