using k8s;
using k8s.Models;

namespace UserProxy.ConformanceTests.Cluster;

/// <summary>
/// The cluster's API, and a namespace of the run's own in it. It goes with the run, whatever failed in it; one that a killed run has left goes with a later
/// one.
/// </summary>
internal sealed class ClusterApi : IAsyncDisposable
{
    public const string ManagedBy = "userproxy-conformance";

    /// <summary>No run takes so long.</summary>
    private static readonly TimeSpan Abandoned = TimeSpan.FromHours(1);

    private ClusterApi(IKubernetes client, string space)
    {
        Client = client;
        Namespace = space;
    }

    public IKubernetes Client { get; }

    public string Namespace { get; }

    public static async Task<ClusterApi> CreateAsync(string kubeconfig)
    {
        var client = new k8s.Kubernetes(await KubernetesClientConfiguration.BuildConfigFromConfigFileAsync(new FileInfo(kubeconfig)));
        try
        {
            var old = await client.CoreV1.ListNamespaceAsync(labelSelector: $"app.kubernetes.io/managed-by={ManagedBy}");
            foreach (var space in old.Items.Where(space => space.Metadata.CreationTimestamp < DateTime.UtcNow - Abandoned))
                await client.CoreV1.DeleteNamespaceAsync(space.Metadata.Name);
            var labels = new Dictionary<string, string> { ["app.kubernetes.io/managed-by"] = ManagedBy };
            // Two of the Pods are of the host's network.
            if (RunSettings.Pods) labels["pod-security.kubernetes.io/enforce"] = "privileged";
            var made = await client.CoreV1.CreateNamespaceAsync(new V1Namespace
            {
                Metadata = new V1ObjectMeta
                {
                    GenerateName = $"{ManagedBy}-",
                    Labels = labels,
                },
            });
            return new ClusterApi(client, made.Metadata.Name);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Null where there is no such Node, or it is in no zone.</summary>
    public async Task<string?> ZoneOfAsync(string node)
    {
        var found = await Client.CoreV1.ListNodeAsync(fieldSelector: $"metadata.name={node}");
        return found.Items.FirstOrDefault()?.Metadata.Labels?.TryGetValue("topology.kubernetes.io/zone", out string? zone) == true ? zone : null;
    }

    /// <summary>An API server before 1.33 drops them from the Service's slices.</summary>
    public async Task<bool> KeepsNodeHintsAsync(string service)
    {
        var found = await Client.DiscoveryV1.ListNamespacedEndpointSliceAsync(Namespace, labelSelector: $"kubernetes.io/service-name={service}");
        return found.Items.SelectMany(slice => slice.Endpoints).All(endpoint => endpoint.Hints?.ForNodes is { Count: > 0 });
    }

    public async ValueTask DisposeAsync()
    {
        await Client.CoreV1.DeleteNamespaceAsync(Namespace);
        Client.Dispose();
    }
}
