using System.Globalization;
using System.Net;
using UserProxy.Model;

namespace UserProxy.App.Demo;

/// <summary>What to type beside a demo, with programs that are here.</summary>
internal static class DemoHints
{
    private const int DnsPort = 53;

    /// <summary>Of somebody's own Services: what is tried fits on a screen.</summary>
    private const int MostPorts = 4;

    /// <param name="port">The NodePort.</param>
    /// <param name="udp">It echoes datagrams too.</param>
    /// <param name="has">Whether a program is on the PATH.</param>
    public static IEnumerable<string> For(int port, bool udp, Func<string, bool> has)
    {
        string at = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
        if (has("curl"))
        {
            yield return $"curl {at}";
            yield return $"for i in 1 2 3 4 5 6; do curl -s {at}; done";
        }
        else
        {
            yield return has("wget") ? $"wget -qO- {at}" : $"http://{at}/ in a browser";
        }

        if (udp && has("nc")) yield return string.Create(CultureInfo.InvariantCulture, $"echo hello | nc -u -w1 127.0.0.1 {port}");
    }

    /// <summary>For somebody's own Services: a line for each NodePort, in its own protocol.</summary>
    /// <param name="ports">What is served.</param>
    /// <param name="backends">The demo's own, which speak HTTP.</param>
    /// <param name="has">Whether a program is on the PATH.</param>
    public static IEnumerable<string> For(IEnumerable<ServicePort> ports, IEnumerable<IPEndPoint> backends, Func<string, bool> has)
    {
        var ours = backends.ToHashSet();
        return ports.OrderBy(port => port.Name.Protocol == TransportProtocol.Udp)
            .SelectMany(port => port.Listeners.Where(listener => listener.Kind == ListenerKind.NodePort).Select(listener => (Port: port, At: Near(listener))))
            .Take(MostPorts)
            .SelectMany(
                place => place.Port.Endpoints.Any(endpoint => ours.Contains(endpoint.EndPoint)) && place.At.Address.Equals(IPAddress.Loopback)
                    ? For(place.At.Port, udp: false, has)
                    : [Asks(place.Port, place.At, has) ?? $"{place.At} by {(place.Port.Name.Protocol == TransportProtocol.Udp ? "UDP" : "TCP")}, with a client "
                        + "of its protocol"])
            .Distinct();
    }

    /// <summary>What asks a port in its own protocol, as far as that can be told; null where no program for it is here.</summary>
    /// <param name="port">Whose.</param>
    /// <param name="at">Where it listens.</param>
    /// <param name="has">Whether a program is on the PATH.</param>
    public static string? Asks(ServicePort port, IPEndPoint at, Func<string, bool> has)
    {
        bool isUdp = port.Name.Protocol == TransportProtocol.Udp;
        string to = string.Create(CultureInfo.InvariantCulture, $"{at.Address} {at.Port}");
        if (IsDns(port) && has("dig"))
            return string.Create(CultureInfo.InvariantCulture, $"dig @{at.Address} -p {at.Port}{(isUdp ? "" : " +tcp")} example.com");
        if (isUdp) return has("nc") ? $"echo hello | nc -u -w1 {to}" : null;
        if (IsDns(port)) return has("nc") ? $"nc -vz {to}" : null;
        return has("curl") ? $"curl {at}" : has("wget") ? $"wget -qO- {at}" : null;
    }

    /// <summary>An address of it that can be dialled from here.</summary>
    public static IPEndPoint Near(ListenAddress at) => new(
        at.Address.Equals(IPAddress.Any) ? IPAddress.Loopback : at.Address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : at.Address, at.Port);

    /// <summary>By its number, or by the names that CoreDNS has for its ports.</summary>
    private static bool IsDns(ServicePort port) =>
        port.Number == DnsPort || port.Name.Port is "dns" or "dns-tcp" or "dns-udp" or "domain";

    public static bool IsHere(string program) => ToolPath.Find(program) is not null;

    /// <summary>How this program is called from here: by its name where that is found.</summary>
    public static string OwnName() =>
        IsHere("userproxy") || Environment.ProcessPath is not { } path || !Path.GetFileNameWithoutExtension(path).Equals("userproxy", StringComparison.Ordinal)
            ? "userproxy"
            : Path.GetRelativePath(Environment.CurrentDirectory, path);
}
