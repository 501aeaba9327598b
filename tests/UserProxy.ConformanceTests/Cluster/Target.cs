using System.Net;

namespace UserProxy.ConformanceTests.Cluster;

/// <summary>An address of a Service that somebody asks.</summary>
/// <param name="Kind">What it is of the Service.</param>
/// <param name="Address">Where it is asked.</param>
/// <param name="Port">At this port.</param>
/// <param name="IsUdp">Or TCP.</param>
/// <param name="PodPort">The port of the Pods behind it.</param>
internal sealed record Target(string Kind, IPAddress Address, int Port, bool IsUdp, int PodPort = PodServers.Named)
{
    /// <summary>Kinds that lead to a node because something outside says so.</summary>
    public const string LoadBalancer = "load balancer", ExternalIP = "external IP";

    /// <summary>Of a node, and answered with an HTTP status.</summary>
    public const string HealthCheck = "health check";

    public override string ToString() => $"{Kind} {new IPEndPoint(Address, Port)}{(IsUdp ? "/UDP" : "")}";
}
