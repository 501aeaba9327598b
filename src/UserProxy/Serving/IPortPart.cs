using System.Net;

namespace UserProxy.Serving;

/// <summary>A listening socket, or several at one address, that is one of the parts of a <c>SpreadPort</c>, or the whole that takes their place.</summary>
public interface IPortPart
{
    /// <summary>Where it is bound.</summary>
    IPAddress At { get; }

    /// <summary>Ends when nobody accepts any more: after it was closed, or before by a defect.</summary>
    Task Completion { get; }

    /// <summary>How many it has there, each of them seen by the system's tables.</summary>
    int Sockets => 1;

    /// <summary>Somebody has come, and nobody has taken care of him yet. From any thread.</summary>
    bool HoldsClients => false;

    /// <summary>
    /// New clients come to our own socket at the wildcard address from now on; those who have come, or are about to (in the handshake), are still taken here.
    /// Nothing happens where the system does not have it: then they come here until it is closed.
    /// </summary>
    void StepAside()
    {
    }
}
