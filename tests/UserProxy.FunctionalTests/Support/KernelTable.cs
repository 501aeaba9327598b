using System.Globalization;

namespace UserProxy.FunctionalTests.Support;

/// <summary>The kernel's own list of IPv4 TCP sockets, /proc/net/tcp (proc_net_tcp.rst): what really is, whoever owns it.</summary>
internal static class KernelTable
{
    public static int Count(int port, TcpSocketState state) => Rows().Count(row => row.State == state && (row.LocalPort == port || row.RemotePort == port));

    /// <summary>Clients that wait to be accepted: for a socket in LISTEN, rx_queue is the length of its accept queue. Listeners come first in the list.</summary>
    public static int AcceptQueue(int port) =>
        Rows().TakeWhile(row => row.State == TcpSocketState.Listen).Where(row => row.LocalPort == port).Sum(row => row.ReceiveQueue);

    private static IEnumerable<(int LocalPort, int RemotePort, TcpSocketState State, int ReceiveQueue)> Rows()
    {
        foreach (string line in File.ReadLines("/proc/net/tcp").Skip(1))
        {
            string[] columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            yield return (Port(columns[1]), Port(columns[2]), (TcpSocketState)Hex(columns[3]), Hex(columns[4].Split(':')[1]));
        }
    }

    private static int Port(string address) => Hex(address.Split(':')[1]);

    private static int Hex(string digits) => int.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
