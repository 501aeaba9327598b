using System.Net;
using System.Net.Sockets;
using UserProxy.Kubernetes.Objects;
using UserProxy.Model;

namespace UserProxy.Kubernetes.Building;

/// <summary>
/// The load balancer's addresses and externalIPs of one Service: what it declares, and what of that is served. Both come from tenants,
/// so an address that is the node's own or of special meaning is never taken over (CVE-2020-8554).
/// </summary>
internal sealed class VirtualAddresses
{
    private readonly List<(ListenerKind Kind, IPAddress Address)> _declared = [];
    private readonly List<(ListenerKind Kind, IPAddress Address)> _served = [];
    private readonly List<(ListenerKind Kind, IPAddress Address, string Because)> _unserved = [];

    private VirtualAddresses()
    {
    }

    public static VirtualAddresses Read(ServiceObject service, NodeView node, BuildOptions options, SubjectIssues issues)
    {
        var read = new VirtualAddresses();
        foreach (var entry in BalancerEntries(service))
        {
            // Hidden from us by KEP-1860: the balancer wants to see that traffic. So does one that has only a name.
            if (entry.IPMode is not (null or "" or "VIP"))
            {
                if (AddressText.TryParse(entry.IP, out var hidden))
                    read._unserved.Add((ListenerKind.LoadBalancer, hidden, ServiceDiagnosis.OfMode(entry.IPMode)));
                continue;
            }

            if (read.Declare(ListenerKind.LoadBalancer, entry.IP, service, issues) is not { } address) continue;
            if (!options.LoadBalancerIPs) read._unserved.Add((ListenerKind.LoadBalancer, address, ServiceDiagnosis.BalancersOff));
            else read.Take(ListenerKind.LoadBalancer, address, node, service, issues);
        }

        var notAllowed = new SortedSet<string>(StringComparer.Ordinal);
        foreach (string text in service.Spec?.ExternalIPs ?? [])
        {
            if (read.Declare(ListenerKind.ExternalIP, text, service, issues) is not { } address) continue;
            if (options.ExternalIPs.Any(block => block.Contains(address)))
            {
                read.Take(ListenerKind.ExternalIP, address, node, service, issues);
                continue;
            }

            notAllowed.Add(address.ToString());
            read._unserved.Add((ListenerKind.ExternalIP, address, ServiceDiagnosis.ExternalNotAllowed));
        }

        if (notAllowed.Count > 0)
        {
            string message = $"externalIPs outside of the blocks that are allowed here are not served: {PrintableText.Of(string.Join(", ", notAllowed))}";
            issues.Add(IssueReasons.ExternalIPNotAllowed, message, service.Metadata.Source);
        }

        return read;
    }

    /// <summary>
    /// What is served of a family, without duplicates: an address that is both belongs to the load balancer, whose source ranges hold for it.
    /// </summary>
    public IEnumerable<(ListenerKind Kind, IPAddress Address)> Served(AddressFamily family) =>
        _served.Where(entry => entry.Address.AddressFamily == family).DistinctBy(entry => entry.Address);

    /// <summary>What is declared of a family and not served, with the reason; not those that are served as another kind.</summary>
    public IEnumerable<(ListenerKind Kind, IPAddress Address, string Because)> Unserved(AddressFamily family) => _unserved
        .Where(entry => entry.Address.AddressFamily == family && !_served.Exists(served => served.Address.Equals(entry.Address)))
        .DistinctBy(entry => entry.Address);

    public bool IsAnyDeclared(AddressFamily family) => _declared.Exists(entry => entry.Address.AddressFamily == family);

    /// <summary>Null when an address may be listened on as a virtual one; else why not, which is noted.</summary>
    public static string? WhyNotFree(ListenerKind kind, IPAddress address, NodeView node, ServiceObject service, SubjectIssues issues)
    {
        string? what = SpecialAddress.MeaningOf(address) ?? (node.Own.AsSpan().Contains(address) ? "an address of this node" : null);
        if (what is null) return null;
        issues.Add(IssueReasons.RefusedAddress, $"{Word(kind)} {address} is {what}; it is not served", service.Metadata.Source);
        return $"it is {what}";
    }

    private static IEnumerable<LoadBalancerIngress> BalancerEntries(ServiceObject service)
    {
        if (service.Spec?.Type != "LoadBalancer") yield break; // a leftover of another type
        foreach (var entry in service.Status?.LoadBalancer?.Ingress ?? [])
        {
            if (!string.IsNullOrEmpty(entry.IP)) yield return entry;
        }
    }

    private void Take(ListenerKind kind, IPAddress address, NodeView node, ServiceObject service, SubjectIssues issues)
    {
        if (WhyNotFree(kind, address, node, service, issues) is { } because) _unserved.Add((kind, address, because));
        else _served.Add((kind, address));
    }

    private IPAddress? Declare(ListenerKind kind, string? text, ServiceObject service, SubjectIssues issues)
    {
        if (AddressText.TryParse(text, out var address))
        {
            _declared.Add((kind, address));
            return address;
        }

        issues.Add(IssueReasons.InvalidAddress, $"{Word(kind)} {PrintableText.Quote(text)} is no IP address", service.Metadata.Source);
        return null;
    }

    private static string Word(ListenerKind kind) => kind switch
    {
        ListenerKind.ClusterIP => "clusterIP",
        ListenerKind.ExternalIP => "externalIP",
        _ => "load balancer address",
    };
}
