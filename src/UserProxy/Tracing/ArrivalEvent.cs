namespace UserProxy.Tracing;

/// <summary>It has been accepted. With a header of a load balancer to come: the header is read, too.</summary>
/// <param name="Flow">Which one.</param>
/// <param name="After">Since it was accepted.</param>
/// <param name="Queued">For how long it had waited in the accept queue, to the kernel's tick; null where the system does not tell.</param>
public sealed record ArrivalEvent(TraceFlow Flow, TimeSpan After, TimeSpan? Queued) : TraceEvent(Flow, After);
