namespace UserProxy.Model;

/// <summary>Which of a Service's addresses a listener stands for; policy is chosen by this kind, never by who the client is.</summary>
public enum ListenerKind
{
    NodePort,
    ClusterIP,
    LoadBalancer,
    ExternalIP,
}
