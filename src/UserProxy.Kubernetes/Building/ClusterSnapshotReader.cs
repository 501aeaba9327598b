using UserProxy.Kubernetes.Client;
using UserProxy.Kubernetes.Client.Access;
using UserProxy.Kubernetes.Objects;

namespace UserProxy.Kubernetes.Building;

/// <summary>Lists a cluster once, page by page, with nothing but GET. Services and slices must be readable; the rest is left out when it is not.</summary>
public sealed class ClusterSnapshotReader(ApiClient client)
{
    /// <summary>Of kubeadm and kind, and of EKS.</summary>
    private static readonly string[] ConfigMapNames = ["kube-proxy", "kube-proxy-config"];

    private readonly List<string> _unseen = [];

    /// <summary>What could not be read so far, and why.</summary>
    public IReadOnlyList<string> Unseen => _unseen;

    /// <summary>The ConfigMap in kube-system that has kube-proxy's configuration under one of its keys; null when there is none.</summary>
    /// <param name="isConfiguration">Of a text.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<(string Name, string Key, string Text)?> ReadKubeProxyConfigurationAsync(
        Func<string, bool> isConfiguration, CancellationToken cancellationToken)
    {
        foreach (string name in ConfigMapNames)
        {
            var maps = await OptionalAsync(
                ApiResources.SystemConfigMaps, $"metadata.name={name}", $"the ConfigMap kube-system/{name}", cancellationToken).ConfigureAwait(false);
            foreach (var (key, text) in maps?.FirstOrDefault(map => map.Metadata.Name == name)?.Data ?? new Dictionary<string, string?>())
            {
                if (text is not null && isConfiguration(text)) return (name, key, text);
            }
        }

        return null;
    }

    /// <param name="nodeName">The node to plan for.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ClusterAccessException">The server does not answer, or refuses what is needed; its message says what to do.</exception>
    public async Task<ClusterSnapshot> ReadAsync(string nodeName, CancellationToken cancellationToken)
    {
        // Slices first: a Service that is made meanwhile is among the Services, and its slices are no orphans.
        var slices = await NeededAsync(ApiResources.EndpointSlices, cancellationToken).ConfigureAwait(false);
        int unseen = _unseen.Count;
        var services = await NeededAsync(ApiResources.Services, cancellationToken).ConfigureAwait(false);
        bool hasAllServices = _unseen.Count == unseen;
        var nodes = await OptionalAsync(ApiResources.Nodes, $"metadata.name={nodeName}", $"the Node {nodeName}", cancellationToken).ConfigureAwait(false);
        var policies = await OptionalAsync(ApiResources.NetworkPolicies, null, "NetworkPolicies", cancellationToken).ConfigureAwait(false);
        return new ClusterSnapshot
        {
            Services = services,
            HasAllServices = hasAllServices,
            EndpointSlices = slices,
            Node = nodes?.FirstOrDefault(node => node.Metadata.Name == nodeName),
            NodesWereRead = nodes is not null,
            HasNodes = nodes is { Count: > 0 },
            NetworkPolicies = policies?.Count,
            Unseen = _unseen,
        };
    }

    private async Task<IReadOnlyList<T>> NeededAsync<T>(ApiResource<T> resource, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return await ListAsync(resource, null, cancellationToken).ConfigureAwait(false);
        }
        catch (ApiException e)
        {
            throw new ClusterAccessException(
                e.Failure is ApiFailure.Forbidden or ApiFailure.Unauthorized
                    ? $"{client.Server.Authority} does not let this user list {resource.Name}: {e.Message}. Try the kubeconfig of an administrator"
                    : e.Message,
                e);
        }
    }

    private async Task<IReadOnlyList<T>?> OptionalAsync<T>(ApiResource<T> resource, string? fields, string what, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return await ListAsync(resource, fields, cancellationToken).ConfigureAwait(false);
        }
        catch (ApiException e)
        {
            _unseen.Add($"{what}: {e.Message}");
            return null;
        }
    }

    private async Task<IReadOnlyList<T>> ListAsync<T>(ApiResource<T> resource, string? fields, CancellationToken cancellationToken)
        where T : class
    {
        var items = new List<T>();
        var query = new ListQuery { Limit = ApiClient.PageSize, Field = fields };
        await client.ListAllAsync(resource, query, Take, cancellationToken).ConfigureAwait(false);
        return items;

        void Take(DecodedItem<T> decoded)
        {
            if (decoded.Item is { } item) items.Add(item);
            else _unseen.Add($"{resource.Name} {decoded.Id?.Printable ?? "without a name"}: {decoded.Flaw}");
        }
    }
}
