using System.Net.Sockets;
using UserProxy.Scenarios.Bed;

namespace UserProxy.Scenarios.Load;

/// <summary>Sockets of the client's namespace, a handful at a time: each visit to the namespace costs a thread.</summary>
internal sealed class ClientSockets(string space) : IDisposable
{
    private const int Handful = 64;

    private readonly Queue<Socket> _ready = new();

    public async Task<Socket> NextAsync()
    {
        if (_ready.Count == 0)
        {
            foreach (var socket in await InNamespace.RunAsync(space, () => Enumerable.Range(0, Handful).Select(_ => Tcp()).ToArray())) _ready.Enqueue(socket);
        }

        return _ready.Dequeue();
    }

    /// <summary>The time limit is that of blocking calls: a path that has fallen silent ends a turn, and not the run.</summary>
    public static Socket Tcp() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 10_000 };

    public void Dispose()
    {
        foreach (var socket in _ready) socket.Dispose();
    }
}
