using UserProxy.Model;
using UserProxy.Scheduling;
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

    public ServiceStatus ToStatus(TimeProvider time)
    {
        var port = Declared;
        var states = new Dictionary<string, EndpointState>(StringComparer.Ordinal);
        foreach (var state in State.Snapshot!.Endpoints.States) states[state.Address.ToString()] = state;
        var usable = port.Usable.Select(endpoint => endpoint.Key).ToHashSet(StringComparer.Ordinal);
        long now = time.GetTimestamp();
        return new ServiceStatus(
            port,
            [.. Slots.Values.Select(slot => slot.Status)],
            [.. port.Endpoints.Select(endpoint => ToStatus(endpoint, usable.Contains(endpoint.Key), states.GetValueOrDefault(endpoint.Key), now))],
            State.Live.Count,
            State.Counters);
    }

    private static EndpointStatus ToStatus(Endpoint endpoint, bool used, EndpointState? state, long now) => state is null
        ? new EndpointStatus(endpoint, used, Ejected: false, 0, 0, 0, 0, 0)
        : new EndpointStatus(
            endpoint, used, state.IsEjected(now), state.ActiveConnections, state.TotalConnections, state.FailedConnects, state.BytesIn, state.BytesOut);
}
