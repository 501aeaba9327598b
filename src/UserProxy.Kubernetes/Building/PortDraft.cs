using System.Net;
using System.Net.Sockets;
using UserProxy.Kubernetes.Objects;
using UserProxy.Model;

namespace UserProxy.Kubernetes.Building;

/// <summary>A service port as it would be were it alone in the cluster: its listeners are what it wants, before <see cref="ListenClaims"/> decides.</summary>
/// <param name="Port">With every listener that it wants.</param>
/// <param name="NodePort">Its NodePort, claimed even while no address of the node serves it; 0 is none.</param>
/// <param name="Source">Where it was written.</param>
internal sealed record PortDraft(ServicePort Port, int NodePort, SourceLine? Source)
{
    /// <summary>When its Service was.</summary>
    public required DateTimeOffset Created { get; init; }

    private IPAddress Wildcard => Port.Family == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any;

    /// <summary>One for each virtual address, and one for the NodePort at all addresses of the node together.</summary>
    public IEnumerable<(ListenKey Key, Claimant Claimant)> Claims()
    {
        if (NodePort != 0) yield return (new ListenKey(Wildcard, Port.Name.Protocol, NodePort), new Claimant(Port.Name, ListenerKind.NodePort, Created));
        foreach (var listener in Port.Listeners)
        {
            if (listener.Kind != ListenerKind.NodePort) yield return (KeyOf(listener), new Claimant(Port.Name, listener.Kind, Created));
        }
    }

    /// <summary>The port with the listeners that it may keep; what it may not is noted.</summary>
    public ServicePort ResolveClaims(ListenClaims claims, SubjectIssues issues)
    {
        var lost = Claims().Where(claim => claims.KeeperOf(claim.Key) != claim.Claimant).Select(claim => claim.Key).ToHashSet();
        if (lost.Count == 0) return Port;

        var unserved = Port.NotServed.ToList();
        foreach (var key in lost)
        {
            bool isNodePort = key.Address.Equals(Wildcard);
            string what = isNodePort ? $"nodePort {key.Port}" : new IPEndPoint(key.Address, key.Port).ToString();
            string message = $"{what} of {Port.Name} is taken by {claims.KeeperOf(key)}; it is not served for this Service";
            issues.Add(isNodePort ? IssueReasons.NodePortConflict : IssueReasons.AddressConflict, message, Source);
            unserved.AddRange(Port.Listeners.Where(listener => KeyOf(listener) == key)
                .Select(listener => new UnservedAddress(listener, ServiceDiagnosis.Taken(claims.KeeperOf(key)))));
        }

        return Port with { Listeners = [.. Port.Listeners.Where(listener => !lost.Contains(KeyOf(listener)))], NotServed = [.. unserved] };
    }

    private ListenKey KeyOf(ListenAddress listener) =>
        new(listener.Kind == ListenerKind.NodePort ? Wildcard : listener.Address, Port.Name.Protocol, listener.Port);
}
