using System.Net;
using System.Runtime.InteropServices;

namespace UserProxy.Linux.PortInspection;

/// <summary>
/// Counts connections by client address: exactly for the first addresses that come, as far as there is room, and the rest together. Whoever holds thousands
/// comes early. Used by <see cref="NodeReading"/>.
/// </summary>
/// <param name="most">Addresses of this counter.</param>
/// <param name="room">That all counters share.</param>
internal sealed class PeerCounter(int most, PeerRoom room)
{
    /// <summary>Of each counter, whatever the others have taken: a listener without any client would be a riddle.</summary>
    private const int Least = 16;

    private readonly Dictionary<IPAddress, PeerCount> _counts = [];

    public int Addresses => _counts.Count;

    /// <summary>Connections of addresses for which there was no room.</summary>
    public int Others { get; private set; }

    public void Add(in SocketRow connection)
    {
        var address = connection.Remote.Address;
        if (!_counts.ContainsKey(address) && (_counts.Count >= most || (_counts.Count >= Least && !room.TryTake())))
        {
            Others++;
            return;
        }

        ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_counts, address, out _);
        count = new PeerCount(
            address, count.Connections + 1, count.CloseWait + (connection.State == SocketState.CloseWait ? 1 : 0), count.UnreadBytes + connection.ReceiveQueue);
    }

    /// <summary>Those with the most connections, the first one first.</summary>
    public IReadOnlyList<PeerCount> Top(int number) =>
    [
        .. _counts.Values.OrderByDescending(count => count.Connections).ThenByDescending(count => count.CloseWait)
            .ThenBy(count => count.Address.ToString(), StringComparer.Ordinal).Take(number),
    ];
}

/// <summary>How many addresses all counters of one look may hold together.</summary>
internal sealed class PeerRoom(int addresses)
{
    private int _left = addresses;

    public bool TryTake() => _left > 0 && _left-- > 0;
}

/// <summary>The connections of one client address.</summary>
/// <param name="Address">Of the client.</param>
/// <param name="Connections">In any state but TIME_WAIT.</param>
/// <param name="CloseWait">Those of them that the client has left, and nobody here has closed.</param>
/// <param name="UnreadBytes">What it has sent and nobody has read; a FIN counts as one.</param>
public readonly record struct PeerCount(IPAddress Address, int Connections, int CloseWait, long UnreadBytes);
