using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using UserProxy.FunctionalTests.Backends;

namespace UserProxy.FunctionalTests.Support;

/// <summary>
/// Many clients and their server, both of whom send and do not read until they are told: slow readers in both directions. Small segments keep the kernel from
/// buffering megabytes for each (its send buffer goes by them, tcp(7)).
/// </summary>
internal sealed class StallingPairs : IAsyncDisposable
{
    private const int Tcp = 6, MaxSegment = 2, Segment = 1460, SendBuffer = 64 * 1024, ReceiveBuffer = 16 * 1024;

    private readonly TaskCompletionSource _mayRead = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly byte[] _bytes;
    private readonly int _length;
    private readonly List<Task<bool>> _clients = [];
    private readonly List<Peer> _peers = [];
    private int _rightAtBackend;

    /// <param name="length">Bytes that each side sends.</param>
    public StallingPairs(int length)
    {
        _length = length;
        _bytes = new byte[length + (64 * 1024)];
        new Random(length).NextBytes(_bytes);
        var listener = Small();
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(4096);
        Backend = Backend.RunOn(listener, ServeAsync);
    }

    public Backend Backend { get; }

    /// <summary>Servers that got all bytes of their client, and its FIN.</summary>
    public int RightAtBackend => Volatile.Read(ref _rightAtBackend);

    /// <summary>One more client; returns when its server knows it.</summary>
    public async Task ConnectAsync(int port)
    {
        var socket = Small();
        var peer = new Peer(socket);
        _peers.Add(peer);
        await socket.ConnectAsync(IPAddress.Loopback, port);
        int number = _peers.Count;
        await peer.SendAsync(BitConverter.GetBytes(number));
        (await peer.ReceiveAsync(1))[0].ShouldBe((byte)'!');
        _clients.Add(ExchangeAsync(peer, sent: number, expected: number + 1));
    }

    /// <summary>Lets everybody read to the end; how many clients got all bytes of their server, and its FIN.</summary>
    public async Task<int> ReadOnAsync()
    {
        _mayRead.SetResult();
        return (await Task.WhenAll(_clients)).Count(right => right);
    }

    public async ValueTask DisposeAsync()
    {
        _mayRead.TrySetResult();
        foreach (var peer in _peers) peer.Dispose();
        await Backend.DisposeAsync();
        await ((Task)Task.WhenAll(_clients)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ServeAsync(Peer peer)
    {
        int number = BitConverter.ToInt32(await peer.ReceiveAsync(sizeof(int)));
        await peer.SendAsync("!");
        if (await ExchangeAsync(peer, sent: number + 1, expected: number)) Interlocked.Increment(ref _rightAtBackend);
    }

    private async Task<bool> ExchangeAsync(Peer peer, int sent, int expected)
    {
        var sending = SendAsync();
        await _mayRead.Task;
        var (count, hash, end) = await peer.HashToEndAsync();
        await sending;
        return count == _length && end == StreamEnd.Fin && hash.AsSpan().SequenceEqual(SHA256.HashData(BytesOf(expected).Span));

        async Task SendAsync()
        {
            // Without the deadline of a peer: it waits for as long as nobody reads.
            var bytes = BytesOf(sent);
            while (bytes.Length > 0) bytes = bytes[await peer.Socket.SendAsync(bytes)..];
            peer.FinishSending();
        }
    }

    /// <summary>Of each sender its own.</summary>
    private ReadOnlyMemory<byte> BytesOf(int number) => _bytes.AsMemory(number * 31 % (64 * 1024), _length);

    private static Socket Small()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            SendBufferSize = SendBuffer,
            ReceiveBufferSize = ReceiveBuffer,
        };
        socket.SetRawSocketOption(Tcp, MaxSegment, BitConverter.GetBytes(Segment));
        return socket;
    }
}
