using UserProxy.Model;

namespace UserProxy.Policy;

/// <summary>
/// Where internalTrafficPolicy Local and externalTrafficPolicy Local are decided for a client: which list of endpoints it is given. Asked by
/// <see cref="ServiceSnapshot"/>. What the listener does when there is no endpoint on this node is <see cref="ListenerPlan"/>'s.
/// </summary>
internal static class AllowedEndpoints
{
    /// <summary>
    /// Only the endpoints of this node. The kind of the address says which policy applies. Clients of this node may use all endpoints at an external address
    /// with Local policy; that is the only exception (docs/semantics.md 5.2).
    /// </summary>
    public static bool AreLocalOnly(ServicePort port, in Caller caller, NodeScope node) =>
        port.PolicyAt(caller.Kind) == TrafficPolicy.Local && (caller.Kind == ListenerKind.ClusterIP || !node.IsOwnClient(caller.Client, caller.ConnectedTo));
}
