using System.Net;

namespace UserProxy.Tracing;

/// <summary>An endpoint that was not chosen, and why.</summary>
public readonly record struct PassedOver(IPEndPoint Endpoint, PassedOverReason Reason);
