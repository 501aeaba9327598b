using System.Net;
using System.Net.Sockets;
using UserProxy.Kubernetes.Objects;
using UserProxy.Model;

namespace UserProxy.Kubernetes.Building;

/// <summary>
/// What a table needs of this node, out of its Node object, the configuration and the addresses it has now. Value-equal: a heartbeat that
/// changes nothing in here costs nothing.
/// </summary>
/// <param name="Node">As the table carries it.</param>
/// <param name="IPv4">The addresses of the family that serve NodePorts; see <see cref="NodePortAddresses.Resolve"/>.</param>
/// <param name="IPv6">The same.</param>
/// <param name="Own">Every address that the node is known to have: none of them may be taken for a virtual IP.</param>
internal sealed record NodeView(OwnNode Node, ValueList<IPAddress> IPv4, ValueList<IPAddress> IPv6, ValueList<IPAddress> Own)
{
    public static NodeView Of(NodeObject? node, IReadOnlyList<IPAddress> local, BuildOptions options)
    {
        var own = new HashSet<IPAddress>(local);
        foreach (var entry in node?.Status?.Addresses ?? [])
        {
            if (AddressText.TryParse(entry.Address, out var address)) own.Add(address);
        }

        // Virtual addresses are local ones to the kernel. A wildcard socket would answer on them too, for another Service, and their own sockets of the same
        // port could not be bound. Beside them NodePorts stand on the node's addresses one by one.
        bool wildcard = !options.ServesVirtualAddresses;
        return new NodeView(
            Describe(node, options),
            [.. options.NodePortAddresses.Resolve(AddressFamily.InterNetwork, local, node, wildcard)],
            [.. options.NodePortAddresses.Resolve(AddressFamily.InterNetworkV6, local, node, wildcard)],
            [.. own.OrderBy(address => address.ToString(), StringComparer.Ordinal)]);
    }

    public ValueList<IPAddress> NodePortAddresses(AddressFamily family) => family == AddressFamily.InterNetwork ? IPv4 : IPv6;

    private static OwnNode Describe(NodeObject? node, BuildOptions options)
    {
        // Not leaving while it is unknown: a manifest need not declare the node. Whether an unknown node is fit for new traffic is for the
        // health server to say, which knows where the table comes from (kube-proxy: not eligible).
        if (node is null) return new OwnNode(options.NodeName) { PodBlocks = options.ClusterCidrs };

        string? zone = node.Metadata.Labels?.GetValueOrDefault(WellKnown.ZoneLabel);
        var blocks = PodBlocks(node.Spec);
        return new OwnNode(options.NodeName)
        {
            IsKnown = true,
            Zone = string.IsNullOrEmpty(zone) ? null : zone,
            PodBlocks = blocks.Count > 0 ? blocks : options.ClusterCidrs,
            IsLeaving = !string.IsNullOrEmpty(node.Metadata.DeletionTimestamp)
                || node.Spec?.Taints?.Any(taint => taint.Key == WellKnown.ClusterAutoscalerTaint) is true,
        };
    }

    private static ValueList<CidrBlock> PodBlocks(NodeSpec? spec)
    {
        IEnumerable<string> texts = spec?.PodCIDRs is { Count: > 0 } several ? several : spec?.PodCIDR is { } single ? [single] : [];
        var blocks = new List<CidrBlock>();
        foreach (string text in texts)
        {
            if (CidrBlock.TryParse(text, out var block)) blocks.Add(block);
        }

        return [.. blocks];
    }
}
