using System.Globalization;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Model;

namespace UserProxy.App.CommandLine;

/// <summary>How single values of messages look in tables.</summary>
internal static class Shown
{
    public static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    public static string Port(ServiceItem service) => service.Port.Length == 0 ? Number(service.PortNumber) : $"{service.Port}:{Number(service.PortNumber)}";

    public static string Service(ConnectionItem connection) =>
        connection.Port.Length == 0 ? $"{connection.Namespace}/{connection.Name}" : $"{connection.Namespace}/{connection.Name}:{connection.Port}";

    public static string EndPoint(string address, int port) =>
        address.Contains(':', StringComparison.Ordinal) ? $"[{address}]:{Number(port)}" : $"{address}:{Number(port)}";

    public static string Address(ListenerItem listener) => EndPoint(listener.Address, listener.Port);

    public static string Address(EndpointItem endpoint) => EndPoint(endpoint.Address, endpoint.Port);

    /// <summary>To a tenth of a second below ten, else to the second.</summary>
    public static string Time(double seconds) =>
        GoDuration.Format(seconds < 10 ? TimeSpan.FromSeconds(Math.Round(seconds, 1)) : TimeSpan.FromSeconds(Math.Round(seconds)));
}
