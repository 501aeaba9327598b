using System.Net;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Scheduling;

namespace UserProxy.Tracing;

/// <summary>Says of a choice that has been made what there was to choose from. For connections and sessions that are followed.</summary>
internal static class TracedPick
{
    /// <summary>Endpoints that are named; a Service may have thousands.</summary>
    private const int MostOthers = 8;

    /// <param name="flow">Told.</param>
    /// <param name="attempt">From 1.</param>
    /// <param name="snapshot">What was chosen from.</param>
    /// <param name="caller">The client.</param>
    /// <param name="tried">Were not to be chosen again.</param>
    /// <param name="pin">Where the client was pinned before.</param>
    /// <param name="chosen">Null when there was none.</param>
    public static void Tell(
        TraceFlow flow, int attempt, ServiceSnapshot snapshot, in Caller caller, ReadOnlySpan<EndpointState> tried, IPEndPoint? pin, EndpointState? chosen)
    {
        var port = snapshot.Port;
        var choices = snapshot.ChoicesOf(caller);
        bool isPinned = pin is not null && chosen is not null && pin.Equals(chosen.Address);
        var others = new List<PassedOver>();
        foreach (var state in tried) Add(state.Address, PassedOverReason.Tried);
        int more = Math.Max(0, tried.Length - others.Count);
        foreach (var endpoint in port.Endpoints.AsSpan())
        {
            var state = snapshot.Roster.FindCurrent(endpoint.EndPoint);
            if ((state is not null && (state == chosen || tried.Contains(state))) || (state is null && endpoint.EndPoint.Equals(chosen?.Address))) continue;
            if (others.Count == MostOthers)
            {
                more = port.Endpoints.Count + tried.Length - MostOthers - (chosen is null ? 0 : 1);
                break;
            }

            Add(endpoint.EndPoint, ReasonOf(endpoint, state, choices, snapshot, isPinned));
        }

        flow.Offer(
            new DecisionEvent(
                flow, flow.After, attempt, port.PolicyAt(caller.Kind), snapshot.IsLocalOnly(caller), port.Settings.Scheduler, pin, chosen?.Address, others,
                Math.Max(0, more)));

        void Add(IPEndPoint address, PassedOverReason reason)
        {
            if (others.Count < MostOthers) others.Add(new PassedOver(address, reason));
        }
    }

    /// <summary>Where the client is pinned now; null without session affinity.</summary>
    public static IPEndPoint? PinOf(ServiceSnapshot snapshot, in Caller caller) =>
        snapshot is { Affinity: { } affinity, Port.AffinityTimeout: { } timeout } ? affinity.FindPin(caller.Client, timeout) : null;

    private static PassedOverReason ReasonOf(
        Endpoint endpoint, EndpointState? state, ReadOnlySpan<EndpointState> choices, ServiceSnapshot snapshot, bool isPinned)
    {
        if (state is null) return endpoint.Ready ? PassedOverReason.NotUsed : PassedOverReason.Unready;
        if (!choices.Contains(state)) return PassedOverReason.NotLocal;
        if (snapshot.Cluster.IsEjected(state)) return PassedOverReason.Aside;
        return isPinned ? PassedOverReason.PinnedElsewhere : PassedOverReason.NotChosen;
    }
}
