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
    public static void OfferTo(
        TraceFlow flow, int attempt, ServiceSnapshot snapshot, in Caller caller, ReadOnlySpan<EndpointState> tried, IPEndPoint? pin, EndpointState? chosen)
    {
        var port = snapshot.Port;
        var choices = snapshot.ChoicesOf(caller);
        bool isPinned = pin is not null && chosen is not null && pin.Equals(chosen.Address);
        var others = new List<PassedOver>();
        bool isLocalOnly = snapshot.IsLocalOnly(caller);
        int more = 0;
        foreach (var state in tried)
        {
            if (others.Count < MostOthers) others.Add(new PassedOver(state.Address, PassedOverReason.Tried));
            else more++;
        }

        foreach (var endpoint in port.Endpoints.AsSpan())
        {
            var address = endpoint.EndPoint;
            if (address.Equals(chosen?.Address) || Has(tried, address)) continue;
            if (others.Count == MostOthers)
            {
                more = port.Endpoints.Count - (chosen is null ? 0 : 1) - CountDeclared(tried, snapshot) + tried.Length - MostOthers;
                break;
            }

            others.Add(new PassedOver(address, ReasonOf(endpoint, choices, snapshot, isLocalOnly, isPinned)));
        }

        flow.Offer(
            new DecisionEvent(
                flow, flow.After, attempt, port.PolicyAt(caller.Kind), isLocalOnly, port.Settings.Scheduler, pin, chosen?.Address, others, more));
    }

    /// <summary>Where the client is pinned now; null without session affinity.</summary>
    public static IPEndPoint? PinOf(ServiceSnapshot snapshot, in Caller caller) =>
        snapshot is { Affinity: { } affinity, Port.AffinityTimeout: { } timeout } ? affinity.FindPin(caller.Client, timeout) : null;

    /// <summary>How many of those that were tried are declared still, and so would be counted twice. Allocates nothing: there may be thousands.</summary>
    private static int CountDeclared(ReadOnlySpan<EndpointState> tried, ServiceSnapshot snapshot)
    {
        int count = 0;
        foreach (var state in tried)
        {
            if (snapshot.Roster.FindCurrent(state.Address) is not null || IsDeclared(snapshot.Port, state.Address)) count++;
        }

        return count;
    }

    private static bool IsDeclared(ServicePort port, IPEndPoint address)
    {
        foreach (var endpoint in port.Endpoints.AsSpan())
        {
            if (endpoint.Port == address.Port && endpoint.Address.Equals(address.Address)) return true;
        }

        return false;
    }

    private static bool Has(ReadOnlySpan<EndpointState> states, IPEndPoint address)
    {
        foreach (var state in states)
        {
            if (state.Address.Equals(address)) return true;
        }

        return false;
    }

    private static PassedOverReason ReasonOf(
        Endpoint endpoint, ReadOnlySpan<EndpointState> choices, ServiceSnapshot snapshot, bool isLocalOnly, bool isPinned)
    {
        if (snapshot.Roster.FindCurrent(endpoint.EndPoint) is not { } state || !choices.Contains(state))
        {
            return isLocalOnly && !endpoint.IsLocal ? PassedOverReason.NotLocal
                : endpoint.Ready ? PassedOverReason.NotUsed
                : PassedOverReason.Unready;
        }

        if (snapshot.Cluster.IsEjected(state)) return PassedOverReason.Aside;
        return isPinned ? PassedOverReason.PinnedElsewhere : PassedOverReason.NotChosen;
    }
}
