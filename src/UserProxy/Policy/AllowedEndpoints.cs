using UserProxy.Model;

namespace UserProxy.Policy;

/// <summary>
/// Where internalTrafficPolicy Local and externalTrafficPolicy Local are decided, for all: which list of a Service a client is given. Asked by
/// <see cref="ServiceSnapshot"/>.
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
