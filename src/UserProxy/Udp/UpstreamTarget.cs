namespace UserProxy.Udp;

/// <summary>Where a client's datagram goes: to an endpoint, from one of the loop's ports.</summary>
public readonly record struct UpstreamTarget(DatagramAddress Endpoint, PoolKey Pool, int Port);
