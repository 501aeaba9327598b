namespace UserProxy.Kubernetes.Building;

/// <summary>The names that Kubernetes and this project give meaning to, in one place.</summary>
public static class WellKnown
{
    public const string ServiceProxyNameLabel = "service.kubernetes.io/service-proxy-name";
    public const string HeadlessLabel = "service.kubernetes.io/headless";
    public const string ServiceNameLabel = "kubernetes.io/service-name";
    public const string ManagedByLabel = "endpointslice.kubernetes.io/managed-by";
    public const string EndpointSliceController = "endpointslice-controller.k8s.io";
    public const string ZoneLabel = "topology.kubernetes.io/zone";
    public const string ClusterAutoscalerTaint = "ToBeDeletedByClusterAutoscaler";
    public const string LastChangeTriggerTime = "endpoints.kubernetes.io/last-change-trigger-time";
    public const string DefaultNamespace = "default";
    public const string HeadlessClusterIP = "None";

    public const string AnnotationPrefix = "userproxy.io/";
    public const string WeightPrefix = "weight.";
}
