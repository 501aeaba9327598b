using UserProxy.Model;
using UserProxy.Scheduling;

namespace UserProxy.Policy;

/// <summary>
/// What a new connection must see together: what is declared, the endpoints of both policies, and the pins of clients. Built by the Proxier; replaced
/// whole, never changed.
/// </summary>
internal sealed class ServiceSnapshot
{
    private readonly OwnAddresses _own;
    private readonly EndpointSet? _local;

    /// <summary>Endpoints that are declared and not used, unready ones in the upper half; -1 before they have been counted.</summary>
    private long _leftOut = -1;

    /// <param name="port">Its lists hold only endpoints that may be dialled.</param>
    /// <param name="previous">What it replaces: whose counters and pins go on.</param>
    /// <param name="own">Tells clients of this node.</param>
    /// <param name="cursor">The turns of the service port.</param>
    /// <param name="time">For ejection and pins.</param>
    /// <param name="pins">Room for pins; null for as many as a Service may have.</param>
    public ServiceSnapshot(ServicePort port, ServiceSnapshot? previous, OwnAddresses own, SchedulerCursor cursor, TimeProvider time, PinRoom? pins = null)
    {
        Port = port;
        _own = own;
        Roster = new EndpointRoster(port, previous?.Roster);
        if (!SourcePolicy.IsWanted(port))
        {
            foreach (var state in Roster.All) state.ForgetClients();
        }

        Cluster = new EndpointSet(port.ClusterEndpoints, port.Settings.Scheduler, Roster, cursor, time);
        bool hasLocal = port.InternalPolicy == TrafficPolicy.Local || port.ExternalPolicy == TrafficPolicy.Local;
        _local = hasLocal ? new EndpointSet(port.LocalEndpoints, port.Settings.Scheduler, Roster, cursor, time) : null;
        Affinity = port.AffinityTimeout is null ? null : previous?.Affinity ?? new AffinityTable(time, pins);
    }

    public ServicePort Port { get; }

    public ServiceSettings Settings => Port.Settings;

    public EndpointRoster Roster { get; }

    public EndpointSet Cluster { get; }

    /// <summary>The pins of clients, which outlive swaps; null without session affinity, which is also how they are forgotten.</summary>
    public AffinityTable? Affinity { get; }

    /// <summary>For a scrape, from any thread. What does not change is counted by the first.</summary>
    public EndpointCounts CountEndpoints()
    {
        var draining = Roster.Draining;
        long leftOut = draining.Count > 0 ? -1 : Volatile.Read(ref _leftOut);
        if (leftOut < 0) leftOut = CountLeftOut(draining);
        if (draining.Count == 0) Volatile.Write(ref _leftOut, leftOut);
        return new EndpointCounts(Roster.CurrentCount, draining.Count, (int)(leftOut >> 32), (int)leftOut);
    }

    /// <summary>Chooses for a new connection, with the duties of <see cref="EndpointSet.Pick"/>.</summary>
    public EndpointState? Pick(in Caller caller, ReadOnlySpan<EndpointState> tried) => Affinity is { } affinity
        ? affinity.Pick(EndpointsFor(caller), Port.AffinityTimeout.GetValueOrDefault(), caller.Client, tried)
        : EndpointsFor(caller).Pick(ClientKey.From(caller.Client), tried);

    /// <summary>What <see cref="Pick"/> would return for a first try. Changes nothing.</summary>
    public EndpointState? Peek(in Caller caller) => Affinity is { } affinity
        ? affinity.Peek(EndpointsFor(caller), Port.AffinityTimeout.GetValueOrDefault(), caller.Client)
        : EndpointsFor(caller).Peek(ClientKey.From(caller.Client));

    /// <summary>All that <see cref="Pick"/> may return.</summary>
    public ReadOnlySpan<EndpointState> ChoicesOf(in Caller caller) => EndpointsFor(caller).States;

    /// <summary>Only endpoints of this node are among them, by a traffic policy.</summary>
    public bool IsLocalOnly(in Caller caller) => _local is not null && EndpointsFor(caller) == _local;

    /// <summary>As <see cref="EndpointSet.DialFailed"/>: the last one that this caller may be given is not put aside.</summary>
    public void DialFailed(in Caller caller, EndpointState state, bool again) => EndpointsFor(caller).DialFailed(state, again);

    /// <summary>As <see cref="EndpointSet.Refused"/>.</summary>
    public void Refused(in Caller caller, EndpointState state) => EndpointsFor(caller).Refused(state);

    private EndpointSet EndpointsFor(in Caller caller) =>
        _local is not null && AllowedEndpoints.AreLocalOnly(Port, caller, _own.Scope) ? _local : Cluster;

    private long CountLeftOut(IReadOnlyList<EndpointState> draining)
    {
        long unready = 0, unused = 0;
        if (Roster.CurrentCount == Port.Endpoints.Count) return 0;
        foreach (var endpoint in Port.Endpoints.AsSpan())
        {
            var address = endpoint.EndPoint;
            if (Roster.FindCurrent(address) is not null || draining.Any(state => state.Address.Equals(address))) continue;
            if (endpoint.Ready) unused++;
            else unready++;
        }

        return (unready << 32) | unused;
    }
}
