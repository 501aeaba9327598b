namespace UserProxy.Kubernetes;

public sealed class KubernetesSource { public static string? UidOf(string a, string b) => a + b; }
