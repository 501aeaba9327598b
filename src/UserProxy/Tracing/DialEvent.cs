using System.Net;
using UserProxy.Policy;

namespace UserProxy.Tracing;

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
