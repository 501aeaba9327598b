using System.Net;

namespace UserProxy.Linux.PortInspection;

/// <summary>
/// TCP sockets of this network namespace in CLOSE_WAIT, by sock_diag(7): the kernel filters by state, so that a node with many connections costs little. Needs
/// no right; never throws. Asked by a scrape.
/// </summary>
public static class CloseWaitSockets
{
    /// <param name="isOurs">Whether a local address is one that the caller listens on.</param>
    /// <returns>
    /// How many of ours have been accepted and not been closed yet, and how many nobody has accepted; null where the kernel does not tell, as then only a walk
    /// through all connections (/proc/net/tcp) would.
    /// </returns>
    public static (int Accepted, int Unaccepted)? Count(Func<IPEndPoint, bool> isOurs)
    {
        if (SocketTable.InCloseWait() is not { } rows) return null;
        int accepted = 0, unaccepted = 0;
        foreach (var row in rows)
        {
            if (!isOurs(row.Local)) continue;
            if (row.IsUnaccepted) unaccepted++;
            else accepted++;
        }

        return (accepted, unaccepted);
    }
}
