namespace UserProxy.Tracing;

/// <summary>The first bytes have been written to one side.</summary>
/// <param name="Flow">Which one.</param>
/// <param name="After">Since it arrived.</param>
/// <param name="ToEndpoint">To the endpoint; else to the client.</param>
public sealed record FirstByteEvent(TraceFlow Flow, TimeSpan After, bool ToEndpoint) : TraceEvent(Flow, After);
