using System.Globalization;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin.Messages;

namespace UserProxy.App.List;

/// <summary>
/// What <c>ipvsadm -Lnc</c> (1.31) would print of the connections, byte for byte: states by their names in IPVS, and how much longer an idle one has. One that
/// has no endpoint yet has no entry.
/// </summary>
internal static class IpvsConnections
{
    public static void Write(TextWriter output, IEnumerable<ConnectionItem> connections, IpvsTimeouts timeouts)
    {
        output.Write("IPVS connection entries\n");
        output.Write("pro expire state       source             virtual            destination\n");
        foreach (var connection in connections)
        {
            if (connection.Endpoint is not { } endpoint) continue;
            var expires = TimeSpan.FromSeconds(Math.Max(0, Math.Round(TimeoutOf(connection, timeouts).TotalSeconds - connection.IdleSeconds)));
            string line = string.Create(
                CultureInfo.InvariantCulture,
                $"{connection.Protocol,-3} {(int)expires.TotalMinutes:00}:{expires.Seconds:00}  {StateOf(connection),-11} {connection.Client,-18} "
                    + $"{connection.Listener,-18} {endpoint}");
            output.Write(PrintedLine.Of(line) + "\n");
        }
    }

    private static string StateOf(ConnectionItem connection) => connection switch
    {
        { Protocol: "UDP" } => "UDP",
        { State: "Dialling" } => "SYN_RECV",
        { State: "HalfClosed" } => "FIN_WAIT",
        _ => "ESTABLISHED",
    };

    private static TimeSpan TimeoutOf(ConnectionItem connection, IpvsTimeouts timeouts) =>
        connection.Protocol == "UDP" ? timeouts.Udp : connection.State == "HalfClosed" ? timeouts.TcpFin : timeouts.Tcp;
}
