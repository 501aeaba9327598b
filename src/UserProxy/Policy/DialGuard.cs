using System.Net;
using System.Net.Sockets;
using UserProxy.Model;

namespace UserProxy.Policy;

/// <summary>
/// Says which endpoint addresses may be dialled. Addresses from the API are data from tenants, and the proxy sits on the host network. Without this check
/// it would reach loopback services, daemons that trust their own host, link-local metadata servers, or itself in a loop. Asked when the lists of a service
/// port are made, and at every dial.
/// </summary>
/// <param name="allowLoopback">Whether the author of the endpoints owns the node, and may have loopback and the node's own addresses dialled.</param>
/// <param name="own">The node's addresses.</param>
/// <param name="listeners">Ours.</param>
/// <param name="isLocal">
/// Asks the kernel whether a route alone makes an address the node's own (AnyIP: <c>ip route add local</c>), which no interface shows. A system call: asked
/// only about endpoints on a port that we serve on all addresses, at a dial and for explain. Null where it cannot be asked.
/// </param>
internal sealed class DialGuard(bool allowLoopback, OwnAddresses own, OwnListeners listeners, Func<IPAddress, bool>? isLocal = null)
{
    /// <summary>Ours, of one protocol.</summary>
    public OwnListeners Listeners => listeners;

    /// <summary>
    /// Whether connections of <paramref name="service"/> may go to the endpoint, as it is declared. An address of this node is dialled for a Pod in the
    /// host's network, which is declared as on this node; and for the API server, which declares itself without a node (default/kubernetes).
    /// </summary>
    public bool IsAllowed(ServicePortName service, Endpoint endpoint) => IsAllowedAddress(endpoint.Address)
        && (allowLoopback || endpoint.IsLocal || service is { Namespace: "default", Name: "kubernetes" } || !IsOwnAddress(endpoint.Address));

    /// <summary>Why no connection of <paramref name="service"/> goes to the endpoint, in words; null when they may. Asks both rules, for explain.</summary>
    public string? RefusalOf(ServicePortName service, Endpoint endpoint)
    {
        if (!IsAllowedAddress(endpoint.Address)) return SpecialAddress.MeaningOf(endpoint.Address);
        if (!IsAllowed(service, endpoint)) return "an address of this node, and the endpoint is not declared as on this node";
        return LeadsBack(endpoint.EndPoint) ? "a listener of this proxy: dialling it would lead back here" : null;
    }

    /// <summary>Asked at a dial: the outcome of a dial that must not be tried; null when it may. The node may have changed since the lists were made.</summary>
    public ConnectOutcome? FaultOf(IPEndPoint endpoint) =>
        !IsAllowedAddress(endpoint.Address) ? ConnectOutcome.LocalFault : LeadsBack(endpoint) ? ConnectOutcome.Loop : null;

    /// <summary>The part of the rule that never changes.</summary>
    public bool IsAllowedAddress(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return IPAddress.IsLoopback(address) ? allowLoopback : SpecialAddress.MeaningOf(address) is null;
    }

    private bool IsOwnAddress(IPAddress address) => own.Scope.IsOwnAddress(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);

    /// <summary>
    /// Whether one of our listeners is there. One on all addresses is on every address of the node in its family. Asked about sources of datagrams, which may
    /// be forged, and by looks, about as many endpoints as tenants declare: so the kernel is not asked.
    /// </summary>
    public bool IsOwnListener(IPEndPoint endpoint)
    {
        endpoint = Unmapped(endpoint);
        return listeners.IsBound(endpoint) || (listeners.IsBoundEverywhere(endpoint) && own.Scope.IsOwnAddress(endpoint.Address));
    }

    /// <summary>The same of an endpoint, for looks at all of them: takes no memory unless one of ours has its port.</summary>
    public bool IsOwnListener(Endpoint endpoint) =>
        listeners.HasPort(endpoint.Address.IsIPv4MappedToIPv6 ? AddressFamily.InterNetwork : endpoint.Address.AddressFamily, endpoint.Port)
            && IsOwnListener(endpoint.EndPoint);

    /// <summary>The same of what is to be dialled or explained, where the kernel may be asked.</summary>
    public bool LeadsBack(IPEndPoint endpoint)
    {
        endpoint = Unmapped(endpoint);
        return IsOwnListener(endpoint) || (isLocal is not null && listeners.IsBoundEverywhere(endpoint) && isLocal(endpoint.Address));
    }

    private static IPEndPoint Unmapped(IPEndPoint endpoint) =>
        endpoint.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(endpoint.Address.MapToIPv4(), endpoint.Port) : endpoint;
}
