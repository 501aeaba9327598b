using System.Runtime.InteropServices;
using UserProxy.Udp;

namespace UserProxy.Linux.Datagrams;

/// <summary>
/// One listener of the <see cref="DatagramEngine"/>: a socket on each loop. Used by the Proxier's loop, which passes the work on to the loops.
/// </summary>
/// <param name="parts">Loops and sockets; after a hand-over a loop may have several.</param>
/// <param name="closed">Told when it is closed.</param>
internal sealed class DatagramListener((DatagramLoop Loop, ListenerSocket Socket)[] parts, Action<DatagramListener> closed) : IDatagramListener
{
    public IReadOnlyList<(DatagramLoop Loop, ListenerSocket Socket)> Parts => parts;

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

    public IReadOnlyList<SafeHandle> Sockets => [.. parts.Select(part => part.Socket.Handle)];

    public Task PauseAsync() => Task.WhenAll(parts.Select(part => part.Loop.RemoveAsync(part.Socket)));

    public void Resume()
    {
        foreach (var (loop, socket) in parts) _ = loop.AddAsync(socket);
    }

    public async ValueTask DisposeAsync()
    {
        closed(this);
        await Task.WhenAll(parts.Select(part => part.Loop.CloseAsync(part.Socket)));
    }
}
