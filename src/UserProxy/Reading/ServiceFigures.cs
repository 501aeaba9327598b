using UserProxy.Model;
using UserProxy.Serving;

namespace UserProxy.Reading;

/// <summary>
/// What one service port has counted, in one address family, without its listeners, which cost a system call each: for who looks at all of them every second
/// (<see cref="ProxyView.Figures"/>). <see cref="ServiceReading"/> has the rest.
/// </summary>
public readonly struct ServiceFigures
{
    private readonly ServicePortState _state;

    internal ServiceFigures(ServicePortState state)
    {
        _state = state;
        (BytesIn, BytesOut) = state.ReadBytes();
        Active = state.Active;
    }

    public ServicePortName Name => _state.Name;

    /// <summary>Live, and the identity of what counts: another object is another Service of the same name.</summary>
    public ServiceCounters Counters => _state.Counters;

    /// <summary>Connections that are accepted and not yet ended, or sessions.</summary>
    public int Active { get; }

    /// <summary>From clients to endpoints, of ended and of running connections.</summary>
    public long BytesIn { get; }

    /// <summary>From endpoints to clients.</summary>
    public long BytesOut { get; }

    /// <summary>As <see cref="ServiceReading.ReadEndpoints"/>; takes memory.</summary>
    public IReadOnlyList<EndpointReading> ReadEndpoints() => ServiceReading.EndpointsOf(_state, _state.Snapshot!);
}
