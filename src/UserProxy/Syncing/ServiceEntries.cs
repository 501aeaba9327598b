using System.Net;
using System.Net.Sockets;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Reading;
using UserProxy.Scheduling;
using UserProxy.Serving;
using UserProxy.Tcp;
using UserProxy.Udp;

namespace UserProxy.Syncing;

/// <summary>
/// The service ports that run, in the order of the table that declares them. A new table is merged by walking both in step: a service port that is the
/// same object as before costs one comparison of references and is not touched. Used by the Proxier's loop; <see cref="Published"/> by any thread.
/// </summary>
internal sealed class ServiceEntries(
    SlotTable slots, ConnectionServices services, Action<ServiceProblem> report, Random random, InheritedServices? inherited = null)
{
    /// <summary>In one change of a service port; a slice has a thousand endpoints.</summary>
    private const int MostRefusalsSaid = 20;

    /// <summary>Service ports that are no longer declared but still have connections, or had until the last sync.</summary>
    private readonly Dictionary<(ServicePortName, AddressFamily), ServicePortState> _retired = [];

    /// <summary>The ports of the last table, and at the same places what runs for them. Null where a port is not served here.</summary>
    private ValueList<ServicePort> _ports = [];

    private ServiceEntry?[] _entries = [];
    private volatile ServiceEntry[] _published = [];
    private volatile ServicePortState[] _left = [];

    /// <summary>In the order of the table. Replaced as a whole.</summary>
    public ServiceEntry[] Published => _published;

    /// <summary>Of service ports that are no longer declared, and may still have connections. Replaced as a whole.</summary>
    public ServicePortState[] Left => _left;

    /// <summary>
    /// The figures of every service port that runs, and of every removed one that still has connections, in the order of their names. For a scrape; from any
    /// thread.
    /// </summary>
    /// <param name="guardOf">Knows our own listeners of a protocol.</param>
    public List<ServiceReading> Read(Func<TransportProtocol, DialGuard?> guardOf)
    {
        var readings = new List<ServiceReading>(_published.Length);
        foreach (var entry in _published) readings.Add(entry.Read(guard: guardOf(entry.Protocol)));
        var retired = _left.Where(state => !state.IsIdle).ToList();
        if (retired.Count == 0) return readings;
        // Between the two arrays a table may have come that declares one again.
        var served = readings.Select(reading => (reading.Name, reading.Family)).ToHashSet();
        readings.AddRange(retired.Select(state => new ServiceReading(state, [])).Where(reading => !served.Contains((reading.Name, reading.Family))));
        readings.Sort((left, right) => left.Name.CompareTo(right.Name));
        return readings;
    }

    /// <summary>Endpoints that connections may go to under Cluster policy, of all service ports together.</summary>
    public int Endpoints { get; private set; }

    /// <summary>The states whose connections a stop has to wait for.</summary>
    public TcpPortState[] States => [.. _published.Select(entry => entry.State).Concat(_retired.Values).OfType<TcpPortState>()];

    /// <summary>
    /// Swaps the endpoints of every changed service port. Their listeners are brought in line by <see cref="SlotTable.ReconcileAsync"/>. A service port that
    /// cannot be applied, by a defect, keeps what it had, and the others get their update.
    /// </summary>
    public void Merge(ServiceTable table)
    {
        var old = _ports.AsSpan();
        var now = table.Ports.AsSpan();
        ServiceEntry?[]? merged = null;
        int i = 0, j = 0;
        while (i < old.Length || j < now.Length)
        {
            int order = i == old.Length ? 1 : j == now.Length ? -1 : ReferenceEquals(old[i], now[j]) ? 0 : ServiceTable.Order.Compare(old[i], now[j]);
            // Up to the first that comes or goes, the places are the same.
            if (order != 0) merged ??= CopyOf(_entries, now.Length, j);
            if (order < 0)
            {
                if (_entries[i] is { } gone) Retire(gone);
                i++;
            }
            else if (order > 0)
            {
                merged![j] = Add(now[j]);
                j++;
            }
            else
            {
                if (!ReferenceEquals(old[i], now[j]))
                {
                    bool wasServed = _entries[i] is not null;
                    _entries[i] = Update(_entries[i], now[j]);
                    if (!wasServed && _entries[i] is not null) merged ??= CopyOf(_entries, now.Length, j);
                }

                if (merged is not null) merged[j] = _entries[i];
                i++;
                j++;
            }
        }

        _ports = table.Ports;
        if (merged is not null)
        {
            _entries = merged;
            _published = [.. merged.OfType<ServiceEntry>()];
        }

        if (_retired.Count > 0) RemoveIdle();
        if (_retired.Count > 0 || _left.Length > 0) _left = [.. _retired.Values];
    }

    /// <summary>The node's addresses have changed, which decide about some endpoints.</summary>
    public void NodeChanged()
    {
        var ports = _ports.AsSpan();
        for (int i = 0; i < ports.Length; i++)
        {
            if (_entries[i] is { } entry) Update(entry, ports[i]);
        }
    }

    private static ServiceEntry?[] CopyOf(ServiceEntry?[] entries, int length, int upTo)
    {
        var copy = new ServiceEntry?[length];
        Array.Copy(entries, copy, upTo);
        return copy;
    }

    private ServiceEntry? Add(ServicePort port)
    {
        var handed = inherited?.Take(port.Name, port.Family) ?? [];
        var state = _retired.Remove((port.Name, port.Family), out var retired)
            ? retired
            : CreateState(port.Name, handed.Select(part => part.Turn).FirstOrDefault(turn => turn != 0));
        var entry = new ServiceEntry(state);
        if (!TryApply(entry, WithAllowedEndpoints(entry, port), held: [])) return null;
        foreach (var part in handed) Restore(state, part);
        return entry;
    }

    /// <summary>What each service port remembers, for another process. While nothing is merged.</summary>
    /// <param name="pinsSince">Pins that were used since then.</param>
    /// <param name="withFigures">Also what has been counted.</param>
    public IEnumerable<HandedService> Copy(long pinsSince, bool withFigures) =>
        from entry in _published
        let state = entry.State
        let snapshot = state.Snapshot!
        select new HandedService(state.Name, snapshot.Port.Family, state.Cursor.Peek())
        {
            Endpoints = [.. snapshot.Roster.All.Select(endpoint => endpoint.Copy(services.Time, withFigures))],
            Pins = snapshot.Affinity is { } pins ? [.. pins.Copy(pinsSince).Select(pin => new HandedPin(pin.Client, pin.Endpoint, pin.Idle))] : [],
            Figures = withFigures ? state.CopyFigures() : [],
        };

    /// <summary>What has come of service ports in another process since they were told at first.</summary>
    public void TakeOver(IEnumerable<HandedService> handed)
    {
        var states = _published.ToDictionary(entry => (entry.State.Name, entry.Declared.Family), entry => entry.State);
        foreach (var part in handed)
        {
            if (!states.TryGetValue((part.Name, part.Family), out var state)) continue;
            state.AddFigures(part.Figures);
            RestorePins(state, part);
            foreach (var endpoint in part.Endpoints)
            {
                if (endpoint.Figures is { } figures) state.Snapshot!.Roster.Find(endpoint.Address)?.AddFigures(figures);
            }
        }
    }

    private void Restore(ServicePortState state, HandedService part)
    {
        foreach (var endpoint in part.Endpoints) state.Snapshot!.Roster.Find(endpoint.Address)?.Restore(endpoint, services.Time);
        RestorePins(state, part);
    }

    private static void RestorePins(ServicePortState state, HandedService part)
    {
        if (state.Snapshot is not { Affinity: { } pins, Port.AffinityTimeout: { } timeout }) return;
        foreach (var pin in part.Pins) pins.Restore(pin.Client, pin.Endpoint, pin.Idle, timeout);
    }

    private ServicePortState CreateState(ServicePortName name, ulong turn)
    {
        var cursor = new SchedulerCursor(turn != 0 ? turn : (ulong)random.NextInt64());
        return name.Protocol == TransportProtocol.Udp ? new UdpPortState(name, cursor) : new TcpPortState(name, cursor);
    }

    private ServiceEntry? Update(ServiceEntry? entry, ServicePort port)
    {
        // One that could not be applied before may be applicable now.
        if (entry is null) return Add(port);
        var allowed = WithAllowedEndpoints(entry, port);
        if (entry.Declared != allowed) TryApply(entry, allowed, entry.Declared.Listeners);
        return entry;
    }

    private bool TryApply(ServiceEntry entry, ServicePort port, ValueList<ListenAddress> held)
    {
        bool someLeft;
        try
        {
            someLeft = Swap(entry.State, port);
        }
        catch (Exception exception)
        {
            services.Log.ServiceFailed(exception, port.Name);
            return false;
        }

        if (held != port.Listeners) entry.Slots = slots.Claim(entry, held, port.Listeners);
        slots.Replan(entry.Slots);
        if (someLeft) foreach (var slot in entry.Slots) slot.EndpointsChanged();
        return true;
    }

    private void Retire(ServiceEntry entry)
    {
        var port = entry.Declared;
        slots.Claim(entry, port.Listeners, []);
        entry.Slots = [];
        Swap(entry.State, port with { ClusterEndpoints = [], LocalEndpoints = [], Endpoints = [], HasEndpoints = false });
        _retired[(port.Name, port.Family)] = entry.State;
    }

    /// <summary>True when endpoints have left that sessions or connections may have.</summary>
    private bool Swap(ServicePortState state, ServicePort port)
    {
        var previous = state.Snapshot;
        var next = new ServiceSnapshot(port, previous, services.Own, state.Cursor, services.Time, services.Pins);
        state.Publish(next);
        if (previous?.Affinity is { } pins && pins != next.Affinity) pins.Close();
        Endpoints += port.ClusterEndpoints.Count - (previous?.Port.ClusterEndpoints.Count ?? 0);
        if (previous is null) return false;
        var departed = next.Roster.DepartedSince(previous.Roster);
        if (departed.Count > 0 && state is TcpPortState tcp && port.Settings.Drain.After is { } after)
            (tcp.Drain ??= new EndpointDrain(tcp, services)).Add(departed, after);
        // With a Local policy an endpoint may leave one list and stay in the other.
        return departed.Count > 0 || port.InternalPolicy == TrafficPolicy.Local || port.ExternalPolicy == TrafficPolicy.Local;
    }

    /// <summary>A list that has lost all its endpoints here is one that never had any.</summary>
    private ServicePort WithAllowedEndpoints(ServiceEntry entry, ServicePort port)
    {
        var cluster = Allowed(port.Name, port.ClusterEndpoints);
        var local = Allowed(port.Name, port.LocalEndpoints);
        if (cluster.Count == port.ClusterEndpoints.Count && local.Count == port.LocalEndpoints.Count)
        {
            entry.Refuse([]);
            return port;
        }

        bool hasEndpoints = port.HasEndpoints && (cluster.Count > 0 || local.Count > 0 || port.ClusterEndpoints.Count == 0);
        var narrowed = port with { ClusterEndpoints = cluster, LocalEndpoints = local, HasEndpoints = hasEndpoints };
        ReportRefused(
            port.Name, entry.Refuse(
                port.ClusterEndpoints.Concat(
                    port.LocalEndpoints).Where(endpoint => !services.Guard.IsAllowed(port.Name, endpoint)).Select(endpoint => endpoint.EndPoint)));
        return narrowed;
    }

    private void ReportRefused(ServicePortName service, List<IPEndPoint> refused)
    {
        foreach (var endpoint in refused.Take(MostRefusalsSaid))
        {
            services.Log.EndpointRefused(service, endpoint);
            report(
                new ServiceProblem(
                    service, ServiceProblem.EndpointRefused,
                    $"endpoint {endpoint} is not dialled: its address is loopback, link-local, multicast or unspecified, or this node's own while its "
                        + "nodeName is not this node"));
        }

        if (refused.Count <= MostRefusalsSaid) return;
        services.Log.MoreEndpointsRefused(service, refused.Count - MostRefusalsSaid);
        report(new ServiceProblem(service, ServiceProblem.EndpointRefused, $"and {refused.Count - MostRefusalsSaid} more endpoints are not dialled"));
    }

    private ValueList<Endpoint> Allowed(ServicePortName service, ValueList<Endpoint> endpoints)
    {
        foreach (var endpoint in endpoints.AsSpan())
        {
            if (!services.Guard.IsAllowed(service, endpoint)) return new([.. endpoints.Where(each => services.Guard.IsAllowed(service, each))]);
        }

        return endpoints;
    }

    private void RemoveIdle()
    {
        foreach (var (key, state) in _retired.Where(pair => pair.Value.IsIdle).ToList())
        {
            _retired.Remove(key);
            state.Snapshot!.Affinity?.Close();
        }
    }
}
