using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.Kubernetes.Client.Access;

namespace UserProxy.App.Configuration;

/// <summary>The cluster that <c>migrate</c> and <c>verify</c> read, with the rights of whoever runs them.</summary>
internal static class ClusterToRead
{
    /// <summary>Null when nothing says which.</summary>
    /// <exception cref="ConfigurationException">What says which cannot be used.</exception>
    public static ClusterAccess? Find(RunOptions options, Surroundings surroundings)
    {
        // kube-proxy's own kubeconfig lies in its Pod, and seldom where its configuration was copied to.
        string? kubeconfig = options.Kubeconfig ?? (File.Exists(options.KubeProxyKubeconfig) ? options.KubeProxyKubeconfig : null);
        if (options.Kubeconfig is { } given && !File.Exists(given)) throw new ConfigurationException([$"kubeconfig: no file {given}"]);
        var (host, port) = (surroundings.Variable("KUBERNETES_SERVICE_HOST"), surroundings.Variable("KUBERNETES_SERVICE_PORT"));
        bool inCluster = !string.IsNullOrEmpty(host) && !string.IsNullOrEmpty(port);
        if (kubeconfig is null && !inCluster && string.IsNullOrEmpty(surroundings.Variable("KUBECONFIG"))) return null;
        try
        {
            return ClusterAccess.Find(kubeconfig, surroundings.Variable, surroundings.Time, NullLogger.Instance);
        }
        catch (ClusterAccessException e)
        {
            throw new ConfigurationException([e.Message]);
        }
    }
}
