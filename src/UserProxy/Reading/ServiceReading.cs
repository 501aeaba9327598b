using System.Net.Sockets;
using UserProxy.Model;
using UserProxy.Scheduling;
using UserProxy.Serving;
using UserProxy.Udp;

namespace UserProxy.Reading;

/// <summary>
/// The figures of one service port in one address family, read for one scrape: cheaper than <see cref="ServiceStatus"/>, as it counts endpoints instead of
/// listing them, and also of service ports that are no longer declared but still have connections.
/// </summary>
/// <param name="Name">Of the service port.</param>
/// <param name="Family">Each family of a dual-stack Service is read by itself.</param>
/// <param name="Counters">Live: they go on counting.</param>
/// <param name="Udp">Live as well; null for TCP.</param>
/// <param name="Active">Connections that are accepted and not yet ended, or sessions.</param>
/// <param name="BytesIn">From clients to endpoints, of ended and of running connections.</param>
/// <param name="BytesOut">From endpoints to clients.</param>
/// <param name="Endpoints">How many of which kind.</param>
/// <param name="Listeners">In the order of the declared addresses.</param>
public sealed record ServiceReading(
    ServicePortName Name, AddressFamily Family, ServiceCounters Counters, UdpCounters? Udp, int Active, long BytesIn, long BytesOut,
    EndpointCounts Endpoints, IReadOnlyList<ListenerReading> Listeners)
{
    internal static ServiceReading Of(ServicePortState state, IReadOnlyList<ListenerReading> listeners)
    {
        var snapshot = state.Snapshot!;
        // Bytes before the rest: what is counted in between is in the next scrape.
        var (bytesIn, bytesOut) = state.ReadBytes();
        return new(state.Name, snapshot.Port.Family, state.Counters, (state as UdpPortState)?.Udp, state.Active, bytesIn, bytesOut, snapshot.CountEndpoints(), listeners);
    }
}
