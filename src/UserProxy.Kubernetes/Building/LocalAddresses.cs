using System.Net;
using System.Net.NetworkInformation;

namespace UserProxy.Kubernetes.Building;

/// <summary>The addresses that this machine's interfaces have now: what the blocks of <see cref="NodePortAddresses"/> are matched against.</summary>
public static class LocalAddresses
{
    public static IReadOnlyList<IPAddress> Get()
    {
        var addresses = new List<IPAddress>();
        foreach (var card in NetworkInterface.GetAllNetworkInterfaces())
        {
            if (card.OperationalStatus == OperationalStatus.Down) continue;
            foreach (var unicast in card.GetIPProperties().UnicastAddresses)
            {
                if (!unicast.Address.IsIPv6LinkLocal) addresses.Add(unicast.Address);
            }
        }

        addresses.Sort((left, right) => string.CompareOrdinal(left.ToString(), right.ToString()));
        return addresses;
    }
}
