using System.Net;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Tracing;

namespace UserProxy.App.Servers.Admin;

/// <summary>Says in messages what the proxy tells of connections that are followed.</summary>
internal static class TraceMessage
{
    public static TraceRecord Of(TraceEvent happened) => happened switch
    {
        ArrivalEvent arrival => Of(arrival, TraceRecord.Arrival) with { QueuedSeconds = Seconds(arrival.Queued) },
        DecisionEvent decision => Of(decision, TraceRecord.Choice) with { Decision = Decision(decision) },
        DialEvent dial => Of(dial, TraceRecord.Dialled) with
        {
            Dial = Dial(dial),
            Filters = dial.Local is { } local ? FiltersOf(dial, dial.Endpoint, local) : null,
        },
        FirstByteEvent first => Of(first, TraceRecord.FirstByte) with { To = first.ToEndpoint ? "endpoint" : "client" },
        SessionEvent session => Of(session, TraceRecord.Session) with
        {
            Upstream = new TraceSession(session.Endpoint.ToString(), session.LocalPort),
            Filters = session.LocalPort is { } port ? FiltersOf(session, session.Endpoint, new IPEndPoint(IPAddress.Any, port)) : null,
        },
        EndEvent end => Of(end, TraceRecord.Ended) with { End = End(end) },
        _ => throw new ArgumentOutOfRangeException(nameof(happened)),
    };

    private static TraceRecord Of(TraceEvent happened, string name)
    {
        var flow = happened.Flow;
        return new TraceRecord
        {
            ApiVersion = ApiVersion.V1,
            Event = name,
            Time = happened.Time,
            AfterSeconds = Seconds(happened.After),
            Connection = ConnectionOf(flow),
        };
    }

    /// <summary>Made once for its six events or so.</summary>
    private static TracedConnection ConnectionOf(TraceFlow flow)
    {
        if (flow.Shown is TracedConnection known) return known;
        var made = new TracedConnection(
            flow.Id, flow.Service.Protocol.Name(), flow.Service.Namespace, flow.Service.Name, flow.Service.Port,
            flow.Kind.ToString(), flow.Client.ToString(), flow.Listener.ToString(), flow.ToldBy?.ToString());
        flow.Shown = made;
        return made;
    }

    private static TraceDecision Decision(DecisionEvent decision) => new(
        decision.Attempt,
        decision.Flow.Kind == ListenerKind.ClusterIP ? "internal" : "external",
        decision.Policy.ToString(),
        decision.IsLocalOnly,
        decision.Scheduler.ShortName(),
        decision.Pin?.ToString(),
        decision.Chosen?.ToString(),
        [.. decision.Others.Select(other => new TracePassedOver(other.Endpoint.ToString(), NameOf(other.Reason)))],
        decision.MoreOthers);

    private static TraceDial Dial(DialEvent dial) =>
        new(dial.Attempt, dial.Endpoint.ToString(), NameOf(dial.Outcome), Seconds(dial.Took), dial.Local?.ToString());

    private static TraceEnd End(EndEvent end) => new()
    {
        Reason = end.Reason,
        Endpoint = end.Endpoint?.ToString(),
        Local = end.Local?.ToString(),
        LocalPort = end.LocalPort,
        BytesIn = end.BytesIn,
        BytesOut = end.BytesOut,
        DatagramsIn = end.DatagramsIn,
        DatagramsOut = end.DatagramsOut,
        FirstByteInSeconds = Seconds(end.FirstByteIn),
        FirstByteOutSeconds = Seconds(end.FirstByteOut),
        ClientLeg = Leg(end.ClientLeg),
        EndpointLeg = Leg(end.EndpointLeg),
        UniqueId = end.UniqueId,
    };

    private static TraceLeg? Leg(TcpLeg? leg) => leg is not { } told ? null : new(
        told.Rtt.TotalSeconds, told.RttVariance.TotalSeconds, told.Retransmits, told.CongestionWindow, told.SegmentSize);

    /// <summary>The other end of the client's socket is the load balancer, if one has told of the client.</summary>
    private static CaptureFilters FiltersOf(TraceEvent of, IPEndPoint endpoint, IPEndPoint local)
    {
        var flow = of.Flow;
        return new CaptureFilters(
            CaptureOf.Leg(flow.Service.Protocol, flow.ToldBy ?? flow.Client, flow.Listener), CaptureOf.Leg(flow.Service.Protocol, local, endpoint));
    }

    private static string NameOf(PassedOverReason reason) => reason switch
    {
        PassedOverReason.NotChosen => "not_chosen",
        PassedOverReason.PinnedElsewhere => "pinned_elsewhere",
        PassedOverReason.Tried => "tried",
        PassedOverReason.Aside => "aside",
        PassedOverReason.NotLocal => "not_local",
        PassedOverReason.Unready => "unready",
        PassedOverReason.NotUsed => "not_used",
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    };

    private static string NameOf(ConnectOutcome outcome) => outcome switch
    {
        ConnectOutcome.Connected => "connected",
        ConnectOutcome.Refused => "refused",
        ConnectOutcome.TimedOut => "timeout",
        ConnectOutcome.Unreachable => "unreachable",
        ConnectOutcome.NoSourcePort or ConnectOutcome.NoDescriptor or ConnectOutcome.NoMemory or ConnectOutcome.LocalFault => "local",
        ConnectOutcome.Loop => "loop",
        ConnectOutcome.ClientLeft => "client_left",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
    };

    private static double? Seconds(TimeSpan? time) => time is { } known ? Seconds(known) : null;

    /// <summary>To the microsecond: a dial on one node takes some fifty of them.</summary>
    private static double Seconds(TimeSpan time) => Math.Round(time.TotalSeconds, 6);
}
