using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using UserProxy.FunctionalTests.Support;
using UserProxy.Model;

namespace UserProxy.FunctionalTests.Backends;

/// <summary>A small real UDP server behind the proxy: what it answers to a datagram is one function.</summary>
internal sealed class DatagramBackend : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly Func<ReadOnlyMemory<byte>, SocketAddress, ReadOnlyMemory<byte>?> _answer;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _questions = [], _sources = [];
    private readonly Task _serving;
    private int _received;

    private DatagramBackend(Socket socket, Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>?> answer)
        : this(socket, (question, _) => answer(question))
    {
    }

    private DatagramBackend(Socket socket, Func<ReadOnlyMemory<byte>, SocketAddress, ReadOnlyMemory<byte>?> answer)
    {
        _socket = socket;
        _answer = answer;
        // Of a burst nothing is to be lost here: what gets lost is to be the proxy's loss.
        socket.ReceiveBufferSize = 4 << 20;
        EndPoint = (IPEndPoint)socket.LocalEndPoint!;
        _serving = ServeAsync();
    }

    public IPEndPoint EndPoint { get; }

    public Endpoint Endpoint => new(EndPoint.Address, EndPoint.Port);

    public int Received => Volatile.Read(ref _received);

    /// <summary>The short ones that have come since the last call.</summary>
    public IReadOnlyList<string> TakeQuestions()
    {
        var taken = new List<string>();
        while (_questions.TryDequeue(out string? question)) taken.Add(question);
        return taken;
    }

    /// <summary>Sends back what it gets.</summary>
    public static DatagramBackend Echo(Socket socket) => new(socket, question => question);

    /// <summary>Answers with its name, then what it was asked.</summary>
    public static DatagramBackend Named(string name, Socket socket) => Named(name, socket, "");

    /// <summary>The same, but to <paramref name="ignored"/> nothing.</summary>
    public static DatagramBackend Named(string name, Socket socket, string ignored)
    {
        byte[] prefix = Encoding.ASCII.GetBytes(name + " "), unanswered = Encoding.ASCII.GetBytes(ignored);
        return new(socket, question => unanswered.Length > 0 && question.Span.SequenceEqual(unanswered) ? null : (byte[])[.. prefix, .. question.Span]);
    }

    /// <summary>Answers as <see cref="Named(string, Socket)"/> does, but not before <paramref name="gate"/> is set.</summary>
    public static DatagramBackend Late(string name, Socket socket, ManualResetEventSlim gate)
    {
        byte[] prefix = Encoding.ASCII.GetBytes(name + " ");
        return new(socket, question =>
        {
            gate.Wait(Eventually.Patience);
            return (byte[])[.. prefix, .. question.Span];
        });
    }

    /// <summary>Answers with the address that it sees, then what it was asked.</summary>
    public static DatagramBackend Seeing(Socket socket)
    {
        var format = (IPEndPoint)socket.LocalEndPoint!;
        return new(socket, (question, from) => (byte[])[.. Encoding.ASCII.GetBytes($"{((IPEndPoint)format.Create(from)).Address} "), .. question.Span]);
    }

    /// <summary>Answers to a text from an address what <paramref name="answer"/> says, or nothing.</summary>
    public static DatagramBackend Answering(Socket socket, Func<string, IPEndPoint, string?> answer)
    {
        var format = (IPEndPoint)socket.LocalEndPoint!;
        return new(socket, (question, from) =>
            answer(Encoding.ASCII.GetString(question.Span), (IPEndPoint)format.Create(from)) is { } text ? Encoding.ASCII.GetBytes(text) : null);
    }

    /// <summary>Takes everything and answers nothing.</summary>
    public static DatagramBackend Silent(Socket socket) => new(socket, _ => null);

    /// <summary>Where questions have come from since the last call.</summary>
    public HashSet<string> TakeSources()
    {
        var taken = new HashSet<string>();
        while (_sources.TryDequeue(out string? source)) taken.Add(source);
        return taken;
    }

    public static Socket OnLoopback()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _socket.Dispose();
        await _serving;
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        const int ShortEnoughToKeep = 32, MostKept = 10_000;
        byte[] buffer = new byte[DatagramClient.Longest6];
        var from = new SocketAddress(_socket.AddressFamily);
        try
        {
            while (true)
            {
                int length = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, from, _stop.Token);
                Interlocked.Increment(ref _received);
                if (_sources.Count < MostKept) _sources.Enqueue(from.ToString());
                if (length <= ShortEnoughToKeep && _questions.Count < MostKept) _questions.Enqueue(Encoding.ASCII.GetString(buffer, 0, length));
                if (_answer(buffer.AsMemory(0, length), from) is { } answer) await SendAsync(answer, from);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException || _stop.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    private async Task SendAsync(ReadOnlyMemory<byte> answer, SocketAddress to)
    {
        try
        {
            await _socket.SendToAsync(answer, SocketFlags.None, to, _stop.Token);
        }
        catch (SocketException)
        {
            // Who asked is gone, or cannot be reached: the next question is another matter.
        }
    }
}
