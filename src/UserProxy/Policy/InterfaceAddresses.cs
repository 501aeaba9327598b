using System.Net;
using System.Net.NetworkInformation;

namespace UserProxy.Policy;

/// <summary>
/// The addresses of this machine's interfaces now. There are two questions, and so two rules. Reading them takes milliseconds on a node with many Pods.
/// </summary>
public static class InterfaceAddresses
{
    /// <summary>
    /// Which addresses are the node's: all. For who is a client of this node, and for what must not be dialled (<see cref="NodeScope"/>). One too few would
    /// make the node a stranger.
    /// </summary>
    public static IReadOnlyCollection<IPAddress> All() => Of(NetworkInterface.GetAllNetworkInterfaces()).ToHashSet();

    /// <summary>
    /// Where a port can be served, in a fixed order. Those of an interface that is down are left out: the kernel lets nobody bind them. So are the link-local
    /// ones of IPv6: they mean nothing without their interface.
    /// </summary>
    public static IReadOnlyList<IPAddress> ToServeAt() =>
    [
        .. Of(NetworkInterface.GetAllNetworkInterfaces().Where(card => card.OperationalStatus != OperationalStatus.Down))
            .Where(address => !address.IsIPv6LinkLocal)
            .OrderBy(address => address.ToString(), StringComparer.Ordinal),
    ];

    /// <summary>
    /// Whether they could not be read: an interface vanished meanwhile, or no descriptor is left (EMFILE). Then what was known before is the best answer.
    /// </summary>
    public static bool AreUnreadable(Exception e) => e is NetworkInformationException or IOException;

    private static IEnumerable<IPAddress> Of(IEnumerable<NetworkInterface> cards) =>
        cards.SelectMany(card => card.GetIPProperties().UnicastAddresses).Select(unicast => unicast.Address);
}
