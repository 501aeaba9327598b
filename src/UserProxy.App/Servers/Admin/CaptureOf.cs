using System.Globalization;
using System.Net;
using System.Net.Sockets;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Model;

namespace UserProxy.App.Servers.Admin;

/// <summary>Capture filters for one connection: both addresses and both ports, in either direction.</summary>
internal static class CaptureOf
{
    /// <param name="protocol">Of the connection.</param>
    /// <param name="one">One end; an unspecified address is left out of it.</param>
    /// <param name="other">The other end.</param>
    public static CaptureFilter Leg(TransportProtocol protocol, IPEndPoint one, IPEndPoint other)
    {
        string transport = protocol == TransportProtocol.Tcp ? "tcp" : "udp";
        string network = other.AddressFamily == AddressFamily.InterNetworkV6 ? "ipv6" : "ip";
        List<string> addresses = [.. new[] { one, other }.Where(end => !end.Address.Equals(IPAddress.Any)).Select(end => Text(end.Address)).Distinct()];
        int[] ports = [one.Port, other.Port];
        return new CaptureFilter(
            string.Join(" and ", [transport, .. addresses.Select(address => $"host {address}"), .. ports.Select(port => Invariant($"port {port}"))]),
            string.Join(
                " && ",
                [.. addresses.Select(address => $"{network}.addr == {address}"), .. ports.Select(port => Invariant($"{transport}.port == {port}"))]));
    }

    /// <summary>Without the interface of a link-local address, of which filters know nothing.</summary>
    private static string Text(IPAddress address) => address.ToString().Split('%')[0];

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
