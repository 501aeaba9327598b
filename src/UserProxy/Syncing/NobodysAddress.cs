using System.Net;
using System.Net.Sockets;

namespace UserProxy.Syncing;

/// <summary>
/// Documentation addresses (RFC 5737, RFC 3849), which nobody has: a socket that keeps us from binding a port there keeps every address. Bound freely by those
/// who spread a wildcard.
/// </summary>
public static class NobodysAddress
{
    private static readonly IPAddress Four = IPAddress.Parse("192.0.2.1"), Six = IPAddress.Parse("2001:db8::1");

    public static IPAddress Of(AddressFamily family) => family == AddressFamily.InterNetworkV6 ? Six : Four;
}
