using System.Net.Sockets;
using UserProxy.Kubernetes.Client.Access;

namespace UserProxy.Kubernetes.Client;

/// <summary>
/// A host name without an address, in our words. The runtime has those of the C library: that no name server answers is "Resource temporarily unavailable"
/// there (EAI_AGAIN, getaddrinfo(3)). Used by <see cref="ApiClient"/>.
/// </summary>
internal static class UnresolvedName
{
    /// <summary>Null for the errors of sockets that are not about names. Nothing is sent yet when they are met: EAGAIN of a socket is another matter.</summary>
    public static string? Words(SocketError error, string name) => error switch
    {
        SocketError.HostNotFound or SocketError.NoData => $"the name {name} does not resolve",
        SocketError.TryAgain => $"the name {name} does not resolve: no name server answers for it",
        SocketError.NoRecovery => $"the name {name} does not resolve: the name server failed",
        _ => null,
    };

    /// <summary>The name that a connection needs: the server's, or that of the proxy which it goes through.</summary>
    public static string NameFor(ClusterAccess access)
    {
        var through = (access.Proxy ?? HttpClient.DefaultProxy).GetProxy(access.Server);
        return PrintableText.Of((through ?? access.Server).Host);
    }
}
