using System.Net;

namespace UserProxy.Model;

/// <summary>
/// A Service's <c>healthCheckNodePort</c>: where a load balancer asks whether this node has endpoints of it. One for a Service, however
/// many ports it has. Served by the executable over HTTP.
/// </summary>
/// <param name="Namespace">Of the Service.</param>
/// <param name="Service">Its name.</param>
/// <param name="Port">The port to listen on.</param>
/// <param name="Addresses">The node addresses that serve NodePorts, of all families; sorted.</param>
/// <param name="LocalEndpoints">
/// Distinct addresses of ready endpoints on this node, over all ports. Terminating ones do not count: that is the drain signal.
/// </param>
public sealed record HealthCheckPort(string Namespace, string Service, int Port, ValueList<IPAddress> Addresses, int LocalEndpoints);
