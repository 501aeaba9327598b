using System.Net;
using UserProxy.Linux.Host;
using UserProxy.Model;

namespace UserProxy.Linux.PortInspection;

/// <summary>
/// The sockets of this network namespace that keep others from binding their ports, with the processes that have them, and the ports that the kernel gives to
/// outgoing connections. Read once, changes nothing, never throws. Called by <c>migrate plan</c>.
/// </summary>
public sealed class PortHolders
{
    private readonly ILookup<(TransportProtocol Protocol, int Port), SocketRow> _rows;
    private readonly SocketOwners _owners;
    private readonly PortRange _ephemeral;
    private readonly ReservedPortList _reserved;

    internal PortHolders(IEnumerable<(TransportProtocol Protocol, SocketRow Row)> rows, SocketOwners owners, PortRange ephemeral, string reserved)
    {
        _rows = rows.ToLookup(row => (row.Protocol, row.Row.Local.Port), row => row.Row);
        _owners = owners;
        _ephemeral = ephemeral;
        _reserved = new ReservedPortList(reserved);
    }

    /// <summary>Names of processes of this node that were seen, for those that have a kube-proxy inside.</summary>
    public IReadOnlySet<string> Processes { get; private init; } = new HashSet<string>();

    /// <summary>Processes of the whole node are seen, not those of a container alone.</summary>
    public bool SeesNode { get; private init; } = true;

    public IReadOnlyList<string> Unseen { get; private init; } = [];

    /// <summary><c>net.ipv4.ip_local_port_range</c>, as 32768-60999.</summary>
    public string EphemeralPorts => _ephemeral.ToString();

    /// <summary><c>net.ipv4.ip_local_reserved_ports</c> as it is now; empty for none.</summary>
    public string ReservedPorts => _reserved.Text;

    /// <param name="limit">For the walk over the processes.</param>
    public static PortHolders Read(TimeSpan limit)
    {
        using var table = SocketTable.Open();
        var rows = new List<(TransportProtocol, SocketRow)>();
        foreach (var protocol in (TransportProtocol[])[TransportProtocol.Tcp, TransportProtocol.Udp])
            rows.AddRange(table.Holding(protocol).Select(row => (protocol, row)));
        using var deadline = new CancellationTokenSource(limit);
        var owners = SocketOwners.Find(rows.Select(row => row.Item2.Inode).Where(inode => inode != 0).ToHashSet(), deadline.Token);
        var names = ProcessNames("/proc");
        return new PortHolders(rows, owners, PortRange.OfKernel(), ReservedPortList.OfKernel().Text)
        {
            Processes = names,
            // Thread 2 of a kernel is kthreadd, in the first PID namespace alone.
            SeesNode = names.Contains("kthreadd"),
            Unseen =
            [
                .. table.Trouble is { } trouble ? [$"sockets: {trouble}"] : Array.Empty<string>(),
                .. owners.Unreadable > 0
                ? [$"owners of ports: the descriptors of {owners.Unreadable} processes of other users cannot be read without root"]
                : Array.Empty<string>(),
                .. owners.IsIncomplete ? ["owners of ports: there are too many processes to look at all of them in time"] : Array.Empty<string>(),
            ],
        };
    }

    /// <summary>Who keeps us from listening at this address and port; empty when nobody does.</summary>
    public IEnumerable<PortHolder> Of(TransportProtocol protocol, IPAddress address, int port) =>
        from row in _rows[(protocol, port)]
        where row.Takes(address) || (address.IsWildcard() && row.Local.Address.AddressFamily == address.AddressFamily)
        select new PortHolder(protocol, row.Local, _owners.Of(row.Inode) is [var owner, ..] ? owner : null);

    /// <summary>The kernel may give this port to an outgoing connection at any time.</summary>
    public bool IsEphemeral(int port) => _ephemeral.Contains(port) && !_reserved.Contains(port);

    private static HashSet<string> ProcessNames(string proc)
    {
        var names = new HashSet<string>();
        foreach (string folder in Directory.EnumerateDirectories(proc).Where(folder => char.IsAsciiDigit(Path.GetFileName(folder)[0])))
        {
            try
            {
                names.Add(File.ReadAllText(Path.Combine(folder, "comm")).TrimEnd('\n'));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has ended meanwhile.
            }
        }

        return names;
    }
}

/// <summary>A socket that is bound where somebody else would be.</summary>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="Local">Where it is bound; a wildcard keeps every address.</param>
/// <param name="Owner">Null when it cannot be seen from here.</param>
public sealed record PortHolder(TransportProtocol Protocol, IPEndPoint Local, SocketOwner? Owner);
