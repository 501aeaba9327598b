using System.Collections.Concurrent;
using System.Text;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;
using UserProxy.ProxyProtocol;

namespace UserProxy.FunctionalTests.ProxyProtocol;

/// <summary>A backend that is told its clients by a PROXY protocol header, and keeps what it has been told.</summary>
internal sealed class ToldBackend : IAsyncDisposable
{
    private readonly ConcurrentQueue<ProxyHeader> _told = [];
    private readonly Backend _backend;

    private ToldBackend(Func<ProxyHeader, byte[], Peer, Task> serve) => _backend = Backend.Run(async peer =>
    {
        var (header, first) = await ReadHeaderAsync(peer);
        _told.Enqueue(header);
        await serve(header, first, peer);
    });

    public Backend Backend => _backend;

    public IReadOnlyList<ProxyHeader> Told => [.. _told];

    /// <summary>Behind the header it sends back what it gets, what came with the header first.</summary>
    public static ToldBackend Echo() => new(async (_, first, peer) =>
    {
        await peer.SendAsync(first);
        await Backend.EchoAsync(peer);
    });

    /// <summary>Greets as soon as the header is there, and waits for no byte of the client.</summary>
    public static ToldBackend Greeting(string greeting) => new(async (_, _, peer) =>
    {
        await peer.SendAsync(greeting);
        await peer.ReceiveToEndAsync();
    });

    /// <summary>Answers with the client that it was told, and what else it got, at the client's FIN.</summary>
    public static ToldBackend Telling() => new(async (header, first, peer) =>
    {
        var rest = await peer.ReceiveToEndAsync();
        await peer.SendAsync($"{header.Source} {Encoding.ASCII.GetString([.. first, .. rest.Bytes])}");
        peer.FinishSending();
    });

    public ValueTask DisposeAsync() => _backend.DisposeAsync();

    /// <summary>The header, and what came with its end.</summary>
    public static async Task<(ProxyHeader Header, byte[] First)> ReadHeaderAsync(Peer peer)
    {
        var reader = new ProxyHeaderReader();
        var buffer = new byte[64 * 1024];
        using var deadline = new CancellationTokenSource(Eventually.Patience);
        while (true)
        {
            int received = await peer.Socket.ReceiveAsync(buffer, deadline.Token);
            if (received == 0) throw new EndOfStreamException("FIN before the header");
            int taken = reader.Look(buffer.AsSpan(0, received));
            if (reader.Header is { } header) return (header, buffer[taken..received]);
            if (reader.IsOver) throw new InvalidDataException(reader.Fault!.Value.Words());
        }
    }
}
