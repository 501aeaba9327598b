using UserProxy.App.Servers.Admin.Messages;

namespace UserProxy.App.Explain;

/// <summary>What the PROXY protocol settings of a service port do, in words.</summary>
internal static class ProxyProtocolWords
{
    public static IEnumerable<string> Of(ServiceItem service)
    {
        bool isTcp = service.Protocol == "TCP";
        if (service.AcceptProxyProtocol is { } balancers)
            yield return isTcp
                ? $"PROXY protocol: connections of {balancers} begin with a header, or are reset; the client that it tells is the one that counts"
                : "PROXY protocol: accept-proxy-protocol is for TCP; datagrams are taken as they come";
        if (service.ProxyProtocol is not { } version) yield break;
        yield return version == "v1" && !isTcp
            ? "PROXY protocol: v1 is for TCP; datagrams go to endpoints without a header"
            : $"PROXY protocol: endpoints are told the client by {version}{With(service)}{(isTcp ? "" : ", before each datagram")}";
    }

    private static string With(ServiceItem service) =>
        service is { ProxyProtocol: "v2", ProxyV2Options: { } options } ? $" with {options.Replace(",", " and ", StringComparison.Ordinal)}" : "";
}
