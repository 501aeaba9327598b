using System.Net;
using UserProxy.App.Configuration;
using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Client;
using UserProxy.Kubernetes.Client.Access;
using UserProxy.Kubernetes.Manifests;
using UserProxy.Model;

namespace UserProxy.App.Inspect.All;

/// <summary>The ports that manifests or a cluster declare for this node, for whichever proxy: read once, where none of ours runs.</summary>
internal static class DeclaredPorts
{
    /// <summary>For a cluster that does not answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <exception cref="ConfigurationException">What was given cannot be read.</exception>
    /// <exception cref="ClusterAccessException">The cluster does not answer, or refuses.</exception>
    public static async Task<KnownPorts> ReadAsync(
        IReadOnlyList<string> manifests, string? kubeconfig, Surroundings surroundings, CancellationToken cancellation)
    {
        if (manifests.Count == 0 && kubeconfig is null) return KnownPorts.None;
        var options = RunOptionsReader.WithOneSource(RunOptionsReader.DefaultsFor(surroundings) with { Manifests = [.. manifests], Kubeconfig = kubeconfig });
        if (RunOptionsReader.Missing(options) is { Count: > 0 } missing) throw new ConfigurationException(missing);
        if (manifests.Count > 0)
        {
            var state = new ManifestFiles(manifests, surroundings.Time).Refresh();
            var cluster = new ClusterSnapshot
            {
                Services = state.Services,
                EndpointSlices = state.EndpointSlices,
                Node = state.NodeNamed(options.NodeName),
            };
            return new KnownPorts(
                string.Join(", ", manifests), PortsOf(cluster, options.NodeName),
                state.Problems.Where(problem => problem.IsFault).Select(problem => $"Services: {problem}"));
        }

        var access = ClusterToRead.Find(options, surroundings)!;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        try
        {
            using var client = new ApiClient(access, surroundings.Time);
            var cluster = await new ClusterSnapshotReader(client).ReadAsync(options.NodeName, patience.Token);
            return new KnownPorts(access.Server.ToString(), PortsOf(cluster, options.NodeName));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new ClusterAccessException($"{access.Server} has not answered within {GoDuration.Format(Patience)}");
        }
    }

    /// <summary>One table for each value of the label that divides Services among proxies: whoever serves them.</summary>
    private static IEnumerable<KnownPort> PortsOf(ClusterSnapshot cluster, string nodeName)
    {
        var labels = cluster.Services.Select(service => service.Metadata.Labels?.GetValueOrDefault(WellKnown.ServiceProxyNameLabel));
        foreach (string? label in labels.Append(null).Distinct())
        {
            var options = new BuildOptions
            {
                NodeName = nodeName,
                ServeLabel = label,
                ClusterIPs = true,
                LoadBalancerIPs = true,
                ExternalIPs = [new CidrBlock(IPAddress.Any, 0), new CidrBlock(IPAddress.IPv6Any, 0)],
            };
            var table = ClusterCache.Build(1, cluster.Services, cluster.EndpointSlices, cluster.Node, options);
            foreach (var port in table.Ports)
            {
                foreach (var listener in port.Listeners)
                    yield return new KnownPort(
                        port.Name.Namespace, port.Name.Name, port.Name.Port, listener.Kind.ToString(), port.Name.Protocol, listener.Address, listener.Port);
            }

            foreach (var check in table.HealthChecks)
            {
                foreach (var address in (IPAddress[])[IPAddress.Any, IPAddress.IPv6Any])
                    yield return new KnownPort(check.Namespace, check.Service, "", KnownPorts.HealthCheck, TransportProtocol.Tcp, address, check.Port);
            }
        }
    }
}
