using UserProxy.Model;
using UserProxy.Serving;
using UserProxy.Udp;

namespace UserProxy.Reading;

/// <summary>One service port as it is served now. A copy, made for readers outside the Proxier's loop; the counters are live.</summary>
public sealed record ServiceStatus(
    ServicePort Port, IReadOnlyList<ListenerStatus> Listeners, IReadOnlyList<EndpointStatus> Endpoints, int ActiveConnections, ServiceCounters Counters, UdpCounters? Udp);
