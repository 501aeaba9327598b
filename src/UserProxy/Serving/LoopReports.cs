using System.Net;
using Microsoft.Extensions.Logging;

namespace UserProxy.Serving;

/// <summary>
/// Says that a Service leads back to where its clients came from, by log and <see cref="ServiceProblem"/>: once for each set of endpoints, as a loop comes round
/// thousands of times a second. Called by connections and by datagram loops, on their threads.
/// </summary>
/// <param name="log">Told.</param>
/// <param name="report">Told as well.</param>
internal sealed class LoopReports(ILogger log, Action<ServiceProblem> report)
{
    /// <summary>An endpoint that is one of our own listeners.</summary>
    public void OwnListener(ServicePortState service, IPEndPoint endpoint)
    {
        if (service.TryNoteLoop()) Say(service, $"endpoint {endpoint} is a listener of this proxy: it is not dialled, as it would be a loop");
    }

    /// <summary>A client whose packets came with their last hop: on this node the loop is not to be seen.</summary>
    public void NoHopLeft(ServicePortState service, IPEndPoint client)
    {
        if (service.TryNoteLoop()) Say(service, $"a client at {client.Address} was refused because its packets had no hop left (TTL, hop limit): a loop over other nodes, most likely, whose endpoints are each other's NodePorts");
    }

    private void Say(ServicePortState service, string message)
    {
        log.LoopFound(service.Name, message);
        report(new ServiceProblem(service.Name, ServiceProblem.EndpointLoop, message));
    }
}
