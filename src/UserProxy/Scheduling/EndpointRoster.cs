using System.Net;
using UserProxy.Model;

namespace UserProxy.Scheduling;

/// <summary>
/// The one owner of the <see cref="EndpointState"/>s of a service port: one for an address, whichever of the port's lists names it. Built by the
/// Proxier for each swap from the roster before it, published with the sets that share it, and never changed: status readers need no lock.
/// </summary>
public sealed class EndpointRoster
{
    private readonly Dictionary<IPEndPoint, EndpointState> _current;

    /// <summary>Endpoints that left while connections were open to them: should they come back, they come back with that load.</summary>
    private readonly EndpointState[] _departed;

    /// <summary>Takes over from <paramref name="previous"/> the counters of every address that is in one of the port's lists, or busy.</summary>
    public EndpointRoster(ServicePort port, EndpointRoster? previous)
    {
        _current = new(port.ClusterEndpoints.Count);
        foreach (var endpoint in port.ClusterEndpoints.AsSpan()) Enter(endpoint, previous);
        foreach (var endpoint in port.LocalEndpoints.AsSpan()) Enter(endpoint, previous);
        _departed = previous is null ? [] : [.. previous.All.Where(state => !IsCurrent(state) && state.ActiveConnections > 0)];
    }

    /// <summary>The counters of an address that new connections may go to, or that was left with connections open; for list and explain.</summary>
    public EndpointState? Find(IPEndPoint address)
    {
        if (FindCurrent(address) is { } current) return current;
        foreach (var departed in _departed)
        {
            if (departed.Address.Equals(address)) return departed;
        }

        return null;
    }

    /// <summary>The counters of an address that new connections may go to. Allocates nothing: pins ask for each connection.</summary>
    internal EndpointState? FindCurrent(IPEndPoint address) => _current.GetValueOrDefault(address);

    /// <summary>New connections may go to it, by one list or the other.</summary>
    public bool IsCurrent(EndpointState state) => ReferenceEquals(FindCurrent(state.Address), state);

    /// <summary>Those of <paramref name="previous"/> that new connections could go to and no longer can; each is marked as departed once more.</summary>
    internal List<EndpointState> DepartedSince(EndpointRoster previous)
    {
        var left = new List<EndpointState>();
        foreach (var state in previous._current.Values)
        {
            if (IsCurrent(state)) continue;
            state.Departed();
            left.Add(state);
        }

        return left;
    }

    /// <summary>How many addresses new connections may go to.</summary>
    internal int CurrentCount => _current.Count;

    /// <summary>Those that have left and still have connections.</summary>
    internal IReadOnlyList<EndpointState> Draining => _departed.Length == 0 ? [] : Array.FindAll(_departed, state => state.ActiveConnections > 0);

    internal EndpointState Of(Endpoint endpoint) => _current[endpoint.EndPoint];

    internal IEnumerable<EndpointState> All => _current.Values.Concat(_departed);

    private void Enter(Endpoint endpoint, EndpointRoster? previous)
    {
        var address = endpoint.EndPoint;
        if (_current.ContainsKey(address)) return;
        var state = previous?.Find(address) ?? new EndpointState(address);
        state.Pod = endpoint.Pod;
        state.IsLocal = endpoint.IsLocal;
        _current[address] = state;
    }
}
