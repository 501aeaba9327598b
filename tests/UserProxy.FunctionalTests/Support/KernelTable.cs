using System.Globalization;

namespace UserProxy.FunctionalTests.Support;

/// <summary>The kernel's own list of IPv4 TCP sockets, /proc/net/tcp (proc_net_tcp.rst): what really is, whoever owns it.</summary>
internal static class KernelTable
{
    public static int Count(int port, TcpSocketState state)
    {
        // Listeners come first in the list, and the rest of it may be tens of thousands of TIME_WAITs.
        var rows = state == TcpSocketState.Listen ? Rows().TakeWhile(row => row.State == TcpSocketState.Listen) : Rows();
        return rows.Count(row => row.State == state && (row.LocalPort == port || row.RemotePort == port));
    }

    /// <summary>
    /// Clients that wait to be accepted: for a socket in LISTEN, rx_queue is the length of its accept queue. Listeners come first in the list.
    /// </summary>
    public static int AcceptQueue(int port) =>
        Rows().TakeWhile(row => row.State == TcpSocketState.Listen).Where(row => row.LocalPort == port).Sum(row => row.ReceiveQueue);

    /// <summary>The number of the socket that listens on a port: another socket has another.</summary>
    public static string Inode(int port) =>
        Columns().TakeWhile(columns => (TcpSocketState)Hex(columns[3]) == TcpSocketState.Listen).Single(columns => Port(columns[1]) == port)[9];

    private static IEnumerable<(int LocalPort, int RemotePort, TcpSocketState State, int ReceiveQueue)> Rows()
    {
        foreach (string[] columns in Columns())
        {
            yield return (Port(columns[1]), Port(columns[2]), (TcpSocketState)Hex(columns[3]), Hex(columns[4].Split(':')[1]));
        }
    }

    private static IEnumerable<string[]> Columns() =>
        File.ReadLines("/proc/net/tcp").Skip(1).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private static int Port(string address) => Hex(address.Split(':')[1]);

    private static int Hex(string digits) => int.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
