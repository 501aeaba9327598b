using System.Globalization;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Model;

namespace UserProxy.App.CommandLine;

/// <summary>How single values of messages look in tables.</summary>
internal static class Shown
{
    private const string Units = "kMGTP";

    public static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    public static string Port(ServiceItem service) => service.Port.Length == 0 ? Number(service.PortNumber) : $"{service.Port}:{Number(service.PortNumber)}";

    public static string Service(ConnectionItem connection) =>
        connection.Port.Length == 0 ? $"{connection.Namespace}/{connection.Name}" : $"{connection.Namespace}/{connection.Name}:{connection.Port}";

    public static string EndPoint(string address, int port) =>
        address.Contains(':', StringComparison.Ordinal) ? $"[{address}]:{Number(port)}" : $"{address}:{Number(port)}";

    public static string Address(ListenerItem listener) => EndPoint(listener.Address, listener.Port);

    public static string Address(EndpointItem endpoint) => EndPoint(endpoint.Address, endpoint.Port);

    /// <summary>Of a second: to two places below ten, to one below a hundred; 0 is none at all.</summary>
    public static string Rate(double rate) =>
        rate <= 0 ? "0" : rate.ToString(rate < 10 ? "0.00" : rate < 100 ? "0.0" : "0", CultureInfo.InvariantCulture);

    /// <summary>In units of a thousand: <c>999B</c>, <c>1.2k</c>, <c>35M</c>.</summary>
    public static string Bytes(double bytes)
    {
        if (bytes < 1000) return $"{bytes.ToString("0", CultureInfo.InvariantCulture)}{(bytes < 0.5 ? "" : "B")}";
        int unit = -1;
        for (; bytes >= 999.5 && unit < Units.Length - 1; unit++) bytes /= 1000;
        return bytes.ToString(bytes < 9.95 ? "0.0" : "0", CultureInfo.InvariantCulture) + Units[unit];
    }

    public static string Milliseconds(double seconds) =>
        $"{(seconds * 1000).ToString(seconds < 0.01 ? "0.0" : "0", CultureInfo.InvariantCulture)}ms";

    /// <summary>To a tenth of a second below ten, else to the second.</summary>
    public static string Time(double seconds) =>
        GoDuration.Format(seconds < 10 ? TimeSpan.FromSeconds(Math.Round(seconds, 1)) : TimeSpan.FromSeconds(Math.Round(seconds)));
}
