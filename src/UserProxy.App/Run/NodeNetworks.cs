using System.Net;
using UserProxy.Kubernetes;
using UserProxy.Linux.PortInspection;
using UserProxy.Policy;
using UserProxy.Syncing;

namespace UserProxy.App.Run;

/// <summary>What the Proxier and the HTTP servers ask when a port cannot be had. Made by the composition root.</summary>
internal static class NodeNetworks
{
    public static NodeNetwork OfThisNode()
    {
        IReadOnlyList<IPAddress> known = [];
        return new NodeNetwork(ReadAddresses, OperatingSystem.IsLinux() ? new PortOwners(Environment.ProcessId, name => PrintableText.Of(name)).Find : null);

        IReadOnlyList<IPAddress> ReadAddresses()
        {
            try
            {
                return known = InterfaceAddresses.ToServeAt();
            }
            catch (Exception e) when (InterfaceAddresses.AreUnreadable(e))
            {
                return known;
            }
        }
    }
}
