using UserProxy.Model;

namespace UserProxy.Reading;

/// <summary>One endpoint with its counters as they are now. <paramref name="Used"/>: new connections may go to it.</summary>
public sealed record EndpointStatus(Endpoint Endpoint, bool Used, bool Ejected, int ActiveConnections, long TotalConnections, long FailedConnects, long BytesIn, long BytesOut);
