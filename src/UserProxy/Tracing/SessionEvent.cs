using System.Net;

namespace UserProxy.Tracing;

/// <summary>A UDP session has begun: its client's first datagram goes to an endpoint.</summary>
/// <param name="Flow">Which one.</param>
/// <param name="After">Since the datagram was read.</param>
/// <param name="Endpoint">Where its datagrams go.</param>
/// <param name="LocalPort">Our own port towards the endpoint, which other sessions may share towards others; null where it is not known.</param>
public sealed record SessionEvent(TraceFlow Flow, TimeSpan After, IPEndPoint Endpoint, int? LocalPort) : TraceEvent(Flow, After);
