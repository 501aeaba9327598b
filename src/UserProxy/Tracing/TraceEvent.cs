using System.Net;
using UserProxy.Policy;

namespace UserProxy.Tracing;

/// <summary>Something that has become of a connection or session that is followed.</summary>
/// <param name="Flow">Which one.</param>
/// <param name="After">Since it arrived.</param>
public abstract record TraceEvent(TraceFlow Flow, TimeSpan After)
{
    public DateTimeOffset Time => Flow.ArrivedAt + After;
}

/// <summary>It has been accepted. With a header of a load balancer to come: the header is read, too.</summary>
/// <param name="Flow">Which one.</param>
/// <param name="After">Since it was accepted.</param>
/// <param name="Queued">For how long it had waited in the accept queue, to the kernel's tick; null where the system does not tell.</param>
public sealed record ArrivalEvent(TraceFlow Flow, TimeSpan After, TimeSpan? Queued) : TraceEvent(Flow, After);

/// <summary>A UDP session has begun: its client's first datagram goes to an endpoint.</summary>
/// <param name="Flow">Which one.</param>
/// <param name="After">Since the datagram was read.</param>
/// <param name="Endpoint">Where its datagrams go.</param>
/// <param name="LocalPort">Our own port towards the endpoint, which other sessions may share towards others; null where it is not known.</param>
public sealed record SessionEvent(TraceFlow Flow, TimeSpan After, IPEndPoint Endpoint, int? LocalPort) : TraceEvent(Flow, After);

/// <summary>A dial has ended.</summary>
/// <param name="Flow">Which one.</param>
/// <param name="After">Since it arrived.</param>
/// <param name="Attempt">From 1.</param>
/// <param name="Endpoint">What was dialled.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Took">For how long it was dialled.</param>
/// <param name="Local">Our own end, by which a capture at the Pod knows the connection; null when there is none.</param>
public sealed record DialEvent(
    TraceFlow Flow, TimeSpan After, int Attempt, IPEndPoint Endpoint, ConnectOutcome Outcome, TimeSpan Took, IPEndPoint? Local) : TraceEvent(Flow, After);

/// <summary>The first bytes have been written to one side.</summary>
/// <param name="Flow">Which one.</param>
/// <param name="After">Since it arrived.</param>
/// <param name="ToEndpoint">To the endpoint; else to the client.</param>
public sealed record FirstByteEvent(TraceFlow Flow, TimeSpan After, bool ToEndpoint) : TraceEvent(Flow, After);
