namespace UserProxy.Udp;

/// <summary>
/// Endpoints that may answer for each other, as far as the number of their port tells: a server that listens on all addresses of its host answers from the port
/// that it was asked at.
/// </summary>
/// <param name="Pod">0 for all endpoints that no Pod is named for: any two may be one host.</param>
/// <param name="Port">Of the endpoints.</param>
internal readonly record struct UpstreamHost(ulong Pod, ushort Port);
