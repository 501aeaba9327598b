using System.Net;
using System.Net.NetworkInformation;
using UserProxy.App.Configuration;
using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Client;
using UserProxy.Kubernetes.Client.Access;
using UserProxy.Kubernetes.Manifests;
using UserProxy.Linux.PortInspection;
using UserProxy.Policy;

namespace UserProxy.App.Migrate;

/// <summary>Gathers what a plan is made from: files, one look at the cluster (GET alone), one look at this node. Changes nothing.</summary>
internal sealed class PlanReader(PlanRequest request, Surroundings surroundings)
{
    private static readonly TimeSpan NodePatience = TimeSpan.FromSeconds(5);

    /// <exception cref="ConfigurationException">Something given is wrong: all that is, with file and line.</exception>
    /// <exception cref="ClusterAccessException">The cluster does not answer, or refuses.</exception>
    public async Task<PlanFacts> ReadAsync(CancellationToken cancellation) =>
        await ReadGivenAsync(cancellation) with { Node = await LookAtNodeAsync(cancellation) };

    private async Task<PlanFacts> ReadGivenAsync(CancellationToken cancellation)
    {
        var settings = request.SettingsFile is { } path ? ReadSettings(path) : null;
        var kubeProxy = request.KubeProxyFile is { } file ? KubeProxyText.Read(file) : null;
        var options = Combine(kubeProxy, settings);
        RunOptionsReader.WithOneSource(options);
        var facts = new PlanFacts { Options = options, KubeProxy = kubeProxy, Given = settings?.Fields ?? [], NodeIsNamed = request.NodeName is not null };
        if (options.Manifests.Count > 0) return facts with
        {
            Cluster = ReadManifests(options, surroundings.Time),
            Source = string.Join(", ", options.Manifests),
        };
        if (ClusterToRead.Find(options, surroundings) is not { } access) return facts;

        using var client = new ApiClient(access, surroundings.Time);
        var reader = new ClusterSnapshotReader(client);
        if (kubeProxy is null && await KubeProxyText.ReadAsync(reader, cancellation) is { } found)
        {
            kubeProxy = found;
            facts = facts with { KubeProxy = kubeProxy, Options = Combine(kubeProxy, settings) };
        }

        return facts with { Cluster = await reader.ReadAsync(facts.Options.NodeName, cancellation), Source = access.Server.ToString() };
    }

    private static ConfigurationFile ReadSettings(string path)
    {
        var file = ConfigurationFile.Read(path);
        return file.Kind == UserProxyFile.Kind
            ? file
            : throw new ConfigurationException([$"{path}: {file.Kind} is kube-proxy's configuration: give it with --config, and our own with --settings"]);
    }

    /// <summary>As <c>run</c> would: the defaults, kube-proxy's configuration, the settings, the command line, each over the one before.</summary>
    private RunOptions Combine(ConfigurationFile? kubeProxy, ConfigurationFile? settings)
    {
        var flags = new List<GivenValue>();
        if (request.NodeName is { } name) flags.Add(new GivenValue("--node-name", [name], Settings.NodeName.Apply));
        if (request.Kubeconfig is { } kubeconfig) flags.Add(new GivenValue("--kubeconfig", [kubeconfig], Settings.Kubeconfig.Apply));
        if (request.Manifests.Count > 0) flags.Add(new GivenValue("--manifests", request.Manifests, Settings.Manifests.Apply));
        return RunOptionsReader.Apply(
            RunOptionsReader.DefaultsFor(surroundings),
            [.. kubeProxy?.Values ?? [], .. settings?.Values ?? [], .. flags],
            [.. kubeProxy?.Problems ?? [], .. settings?.Problems ?? []]);
    }

    private static ClusterSnapshot ReadManifests(RunOptions options, TimeProvider time)
    {
        if (RunOptionsReader.Missing(options) is { Count: > 0 } missing) throw new ConfigurationException(missing);
        var state = new ManifestFiles(options.Manifests, time).Refresh();
        var problems = state.Problems.Where(problem => problem.IsFault).Select(problem => problem.ToString()).ToList();
        if (problems.Count > 0) throw new ConfigurationException(problems);
        return new ClusterSnapshot
        {
            Services = state.Services,
            HasAllServices = state.IsWhole,
            EndpointSlices = state.EndpointSlices,
            Node = state.NodeNamed(options.NodeName),
            HasNodes = state.Nodes.Count > 0,
            IsOfManifests = true,
            Unseen =
            [
                .. state.Problems.Where(problem => problem.IsWarning).Select(problem => problem.ToString()),
                "NetworkPolicies: manifests are read for Services, EndpointSlices and Nodes alone",
            ],
        };
    }

    private async Task<PlanNode?> LookAtNodeAsync(CancellationToken cancellation)
    {
        if (!request.LooksAtNode || !OperatingSystem.IsLinux()) return null;
        var rules = KubeProxyRules.ReadAsync(NodePatience, cancellation);
        return new PlanNode(PortHolders.Read(NodePatience), await rules, OwnAddresses());
    }

    private static List<IPAddress> OwnAddresses()
    {
        try
        {
            // The ClusterIPs on the interface of the ipvs mode go with kube-proxy; as the node's own they would all be refused.
            var ofIpvs = NetworkInterface.GetAllNetworkInterfaces()
                .Where(card => card.Name == KubeProxyRules.IpvsInterface)
                .SelectMany(card => card.GetIPProperties().UnicastAddresses)
                .Select(unicast => unicast.Address);
            return [.. InterfaceAddresses.ToServeAt().Except(ofIpvs)];
        }
        catch (Exception e) when (InterfaceAddresses.AreUnreadable(e))
        {
            return [];
        }
    }
}

/// <summary>What <c>migrate plan</c> was asked, unchecked.</summary>
/// <param name="KubeProxyFile">kube-proxy's configuration; null: the cluster's ConfigMap.</param>
/// <param name="SettingsFile">A UserProxyConfiguration to plan for.</param>
/// <param name="Kubeconfig">The cluster.</param>
/// <param name="Manifests">Instead of a cluster.</param>
/// <param name="NodeName">Null: as <c>run</c> would have it.</param>
/// <param name="LooksAtNode">Whether ports and rules of this machine are looked at.</param>
internal sealed record PlanRequest(
    string? KubeProxyFile, string? SettingsFile, string? Kubeconfig, IReadOnlyList<string> Manifests, string? NodeName, bool LooksAtNode);
