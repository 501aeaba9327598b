using UserProxy.Udp;

namespace UserProxy.Linux.Datagrams;

/// <summary>
/// One listener of the <see cref="DatagramEngine"/>: a socket on each loop. Used by the Proxier's loop, which passes the work on to the loops.
/// </summary>
internal sealed class DatagramListener((DatagramLoop Loop, ListenerSocket Socket)[] parts) : IDatagramListener
{
    public long? KernelDrops
    {
        get
        {
            long sum = 0;
            foreach (var (_, socket) in parts)
            {
                if (socket.Drops is not { } drops) return null;
                sum += drops;
            }

            return sum;
        }
    }

    public async Task<IReadOnlyList<SessionStatus>> CopySessionsAsync()
    {
        var copies = await Task.WhenAll(parts.Select(part => part.Loop.CopySessionsAsync(part.Socket)));
        return [.. copies.SelectMany(copy => copy)];
    }

    public void Revalidate()
    {
        foreach (var (loop, socket) in parts) loop.Loop.Schedule(_ => loop.Revalidate(socket), null);
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(parts.Select(part => part.Loop.CloseAsync(part.Socket)));
}
