using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using UserProxy.Scenarios.Bed;
using UserProxy.UdpLoad;

namespace UserProxy.Scenarios.Load;

/// <summary>
/// New connections at a fixed rate, one GET each, until it is asked to end: what they notice of something that happens meanwhile. The clock says when each is
/// due; one that is late is charged for the time since then.
/// </summary>
internal sealed class ConnectionRate
{
    /// <summary>Each has one connection at a time: so many may hang before the others notice.</summary>
    private const int Threads = 4;

    private const int AnswerTimeout = 5000;

    private readonly byte[] _request;
    private readonly Latencies[] _latencies = [.. Enumerable.Range(0, Threads).Select(_ => new Latencies())];
    private long _answered, _failed, _lastAnswer, _longestGap;

    public ConnectionRate(string body) => _request = HttpAnswer.Request(body, "close");

    public required IPEndPoint Address { get; init; }

    /// <summary>Connections a second.</summary>
    public required double Rate { get; init; }

    /// <param name="space">Whose clients they are.</param>
    /// <param name="over">Ends it.</param>
    public async Task<ConnectionRateFigures> RunAsync(string space, CancellationToken over)
    {
        long start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(i => InNamespace.RunAsync(space, () => Run(i, start, over))));
        var latencies = new Latencies();
        foreach (var some in _latencies) latencies.Add(some);
        return new ConnectionRateFigures(latencies, _answered, _failed, Stopwatch.GetElapsedTime(0, _longestGap));
    }

    private bool Run(int number, long start, CancellationToken over)
    {
        int idle = Libc.EpollCreate();
        byte[] nothing = Libc.EpollEvents(1), buffer = new byte[4096];
        double interval = Stopwatch.Frequency / Rate;
        for (long i = number; !over.IsCancellationRequested; i += Threads)
        {
            long due = start + (long)(i * interval);
            while (Stopwatch.GetTimestamp() is var now && now < due) Libc.EpollWait(idle, nothing, Stopwatch.GetElapsedTime(now, due));
            if (!TryAsk(buffer))
            {
                Interlocked.Increment(ref _failed);
                continue;
            }

            long answered = Stopwatch.GetTimestamp();
            _latencies[number].Record(answered - due);
            NoteGap(answered);
        }

        Libc.Close(idle);
        return true;
    }

    private bool TryAsk(byte[] buffer)
    {
        using var socket = ClientSockets.Tcp();
        socket.ReceiveTimeout = AnswerTimeout;
        try
        {
            socket.Connect(Address);
            socket.Send(_request);
            int all = 0;
            // The Pod ends the answer with the connection. One that is longer than the buffer is none that was asked for.
            while (socket.Receive(buffer, all, buffer.Length - all, SocketFlags.None) is > 0 and var length) all += length;
            return HttpAnswer.BodyOf(Encoding.Latin1.GetString(buffer, 0, all)) is not null;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void NoteGap(long answered)
    {
        Interlocked.Increment(ref _answered);
        long before = Interlocked.Exchange(ref _lastAnswer, answered);
        if (before == 0) return;
        for (long longest = Volatile.Read(ref _longestGap); answered - before > longest;)
            longest = Interlocked.CompareExchange(ref _longestGap, answered - before, longest);
    }
}
