using UserProxy.Model;
using UserProxy.Tcp;

namespace UserProxy;

/// <summary>One service port as the Proxier runs it: what was declared last, the shared state of its connections, its listeners.</summary>
internal sealed class ServiceEntry(ServicePort declared, ServicePortState state)
{
    /// <summary>Listener slots by address. Replaced as a whole by the Proxier's loop, so that readers need no lock.</summary>
    public volatile IReadOnlyDictionary<ListenAddress, ListenerSlot> Slots = new Dictionary<ListenAddress, ListenerSlot>();

    private volatile ServicePort _declared = declared;

    public ServicePort Declared { get => _declared; set => _declared = value; }

    public ServicePortState State { get; } = state;

    public ServiceStatus ToStatus()
    {
        var port = Declared;
        var usable = port.ClusterEndpoints.ToHashSet();
        return new ServiceStatus(
            port,
            [.. Slots.Values.Select(slot => slot.Status)],
            [.. port.Endpoints.Select(endpoint => ToStatus(endpoint, usable.Contains(endpoint)))],
            State.Live.Count,
            State.Counters);
    }

    private EndpointStatus ToStatus(Endpoint endpoint, bool used)
    {
        var endpoints = State.Snapshot!.Endpoints;
        return endpoints.Find(endpoint.EndPoint) is { } state
            ? new EndpointStatus(
                endpoint, used, endpoints.IsEjected(state), state.ActiveConnections, state.TotalConnections, state.FailedConnects, state.BytesIn, state.BytesOut)
            : new EndpointStatus(endpoint, used, Ejected: false, 0, 0, 0, 0, 0);
    }
}
