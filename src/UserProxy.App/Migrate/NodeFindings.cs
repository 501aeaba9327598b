using System.Globalization;
using System.Net;
using UserProxy.App.Configuration;
using UserProxy.App.Servers.Http;
using UserProxy.Linux.PortInspection;
using UserProxy.Model;

namespace UserProxy.App.Migrate;

/// <summary>What is in the way on this node: ports that somebody has, ports that the kernel may give away, and what kube-proxy has put there.</summary>
internal static class NodeFindings
{
    private static readonly string[] KubeProxyNames = ["kube-proxy"];

    /// <summary>Programs that have a kube-proxy inside.</summary>
    private static readonly string[] Distributions = ["k3s", "k3s-server", "k3s-agent", "kubelite", "k0s"];

    public static IEnumerable<PlanFinding> Of(RunOptions options, ServiceTable? table, PlanNode node) =>
        [.. Taken(options, table, node.Holders), .. Ephemeral(table, node.Holders), .. Rules(node)];

    private static IEnumerable<PlanFinding> Taken(RunOptions options, ServiceTable? table, PortHolders holders)
    {
        var wanted = Wanted(
            options, table).SelectMany(want => holders.Of(want.Protocol, want.At.Address, want.At.Port).Select(holder => (want.What, want.At, Holder: holder)));
        // A port on ten addresses that one wildcard socket keeps is one thing to decide.
        foreach (var clash in wanted.GroupBy(clash => (clash.Holder.Protocol, clash.Holder.Local, clash.What)))
        {
            var (what, at, holder) = clash.First();
            string protocol = holder.Protocol == TransportProtocol.Tcp ? "TCP" : "UDP";
            string more = clash.Count() > 1 ? string.Create(CultureInfo.InvariantCulture, $" and {clash.Count() - 1} more") : "";
            string by = holder.Owner is { } owner
                ? string.Create(CultureInfo.InvariantCulture, $"{owner.Name} (pid {owner.Pid})")
                : "a process that cannot be seen from here";
            string subject = string.Create(CultureInfo.InvariantCulture, $"{protocol} {at.Port}");
            string message = $"{by} has {holder.Local}, where {what} {at}{more} would be";
            yield return holder.Owner?.Name switch
            {
                "userproxy" => new PlanFinding(PlanArea.Ports, false, "PortIsOurs", subject, message),
                { } name when KubeProxyNames.Contains(name) || Distributions.Contains(name) => new PlanFinding(
                    PlanArea.Ports, false, "PortOfKubeProxy", subject, message,
                    "free when kube-proxy has gone from this node; until then UserProxy tries again, and serves the rest"),
                _ => new PlanFinding(
                    PlanArea.Ports, true, "PortTaken", subject, message,
                    "stop that process, have it listen on addresses of its own, or give the Service another port"),
            };
        }
    }

    private static IEnumerable<(TransportProtocol Protocol, IPEndPoint At, string What)> Wanted(RunOptions options, ServiceTable? table)
    {
        foreach (var at in options.HealthzBindAddress is { } healthz ? RetriedListeners.AddressesOf(healthz) : [])
            yield return (TransportProtocol.Tcp, at, "the health server");
        foreach (var at in options.MetricsBindAddress is { } metrics ? RetriedListeners.AddressesOf(metrics) : [])
            yield return (TransportProtocol.Tcp, at, "the metrics server");
        if (table is null) yield break;
        foreach (var port in table.Ports)
        {
            string service = $"{port.Name.Namespace}/{port.Name.Name}";
            foreach (var listener in port.Listeners) yield return (port.Name.Protocol, listener.EndPoint, $"{listener.Kind} of {service}");
        }

        foreach (var check in table.HealthChecks)
        {
            foreach (var address in check.Addresses)
                yield return (TransportProtocol.Tcp, new IPEndPoint(address, check.Port), $"the health check of {check.Namespace}/{check.Service}");
        }
    }

    private static IEnumerable<PlanFinding> Ephemeral(ServiceTable? table, PortHolders holders)
    {
        var ports = (table?.Ports.SelectMany(port => port.Listeners).Where(listener => listener.Kind == ListenerKind.NodePort).Select(listener => listener.Port)
            ?? [])
            .Concat(table?.HealthChecks.Select(check => check.Port) ?? []).Where(holders.IsEphemeral).Distinct().Order().ToList();
        if (ports.Count == 0) yield break;
        string numbers = string.Join(',', ports.Select(port => port.ToString(CultureInfo.InvariantCulture)));
        string all = holders.ReservedPorts.Length > 0 ? $"{holders.ReservedPorts},{numbers}" : numbers;
        yield return new PlanFinding(
            PlanArea.Ports,
            NeedsDecision: true,
            "PortsEphemeral",
            ports.Count == 1 ? $"port {numbers}" : $"{ports.Count} ports",
            $"{numbers} of Services lie in net.ipv4.ip_local_port_range ({holders.EphemeralPorts}): an outgoing connection can have one when it is to be bound",
            $"sysctl -w net.ipv4.ip_local_reserved_ports={all}, and the same in /etc/sysctl.d");
    }

    private static IEnumerable<PlanFinding> Rules(PlanNode node)
    {
        var (holders, rules) = (node.Holders, node.Rules);
        string[] parts =
        [
            .. Counted(rules.Chains, "chain KUBE-*", "chains KUBE-*"),
            .. Counted(rules.Tables, "nftables table kube-proxy", "nftables tables kube-proxy"),
            .. rules.HasIpvsInterface
            ? [$"the interface {KubeProxyRules.IpvsInterface}", .. Counted(rules.VirtualServers, "IPVS server", "IPVS servers")]
            : Array.Empty<string>(),
        ];
        string? distribution = Distributions.FirstOrDefault(holders.Processes.Contains);
        bool runs = KubeProxyNames.Any(holders.Processes.Contains);
        if (!rules.Any)
        {
            if (runs) yield return new PlanFinding(PlanArea.Rules, false, "KubeProxyRuns", "kube-proxy", "runs on this node, and no rules of it were seen");
            yield break;
        }

        string what = string.Join(", ", parts);
        yield return runs || distribution is not null
            ? new PlanFinding(
                PlanArea.Rules,
                NeedsDecision: false,
                "RulesInUse",
                distribution is null || runs ? "kube-proxy" : distribution,
                $"runs on this node, with {what}: they answer for every Service that is not labelled for another proxy",
                "when it has gone from this node, remove them: kube-proxy --cleanup (its own image, privileged, host network), or restart the node")
            : new PlanFinding(
                PlanArea.Rules,
                NeedsDecision: true,
                "RulesLeftOver",
                "this node",
                $"{what}, and no kube-proxy {(holders.SeesNode ? "runs" : "is seen from this container")}: rules take traffic before a listener gets it",
                "remove them before UserProxy serves here: kube-proxy --cleanup (its own image, privileged, host network), or restart the node");
    }

    private static string[] Counted(int count, string one, string many) => count switch
    {
        0 => [],
        1 => [$"1 {one}"],
        _ => [string.Create(CultureInfo.InvariantCulture, $"{count} {many}")],
    };
}
