using System.Net;
using UserProxy.Model;
using UserProxy.Policy;

namespace UserProxy.Serving;

/// <summary>
/// Says that a Service leads back to where its clients came from, once for each set of endpoints, as a loop comes round
/// thousands of times a second. Called by connections and by datagram loops, on their threads.
/// </summary>
/// <param name="say">Told of which, and what.</param>
internal sealed class LoopReports(Action<ServicePortName, string> say)
{
    /// <summary>An endpoint that is one of our own listeners.</summary>
    public void ReportOwnListener(ServicePortState service, IPEndPoint endpoint)
    {
        if (service.TryNoteLoop()) say(service.Name, OwnListeners.LoopOf(endpoint));
    }

    /// <summary>A client whose packets came with their last hop: on this node the loop is not to be seen.</summary>
    public void ReportNoHopLeft(ServicePortState service, IPEndPoint client)
    {
        if (service.TryNoteLoop())
            say(
                service.Name,
                $"a client at {client.Address} was refused because its packets had no hop left (TTL, hop limit): a loop over other nodes, most likely, "
                    + "whose endpoints are each other's NodePorts");
    }
}
