using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.HandOver;

/// <summary>Clients that do one thing again and again, and whatever went wrong.</summary>
internal sealed class SteadyLoad : IAsyncDisposable
{
    private static readonly TimeSpan AnswerWithin = Eventually.Patience;

    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(5);

    private readonly CancellationTokenSource _stop = new();
    private readonly bool _isFlatOut;
    private readonly ConcurrentQueue<string> _failures = [];
    private readonly List<Task> _running = [];
    private long _done, _doneAt, _longestGap, _refused, _broken;

    private SteadyLoad(int clients, Func<int, Func<Task>> make, bool isFlatOut = false)
    {
        _isFlatOut = isFlatOut;
        for (int i = 0; i < clients; i++) _running.Add(RepeatAsync(make(i)));
    }

    public IReadOnlyCollection<string> Failures => _failures;

    /// <summary>Those that found nobody.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Those that went wrong in any other way.</summary>
    public long Broken => Interlocked.Read(ref _broken);

    public long Done => Interlocked.Read(ref _done);

    /// <summary>Between two that were done.</summary>
    public TimeSpan LongestGap => TimeProvider.System.GetElapsedTime(0, Interlocked.Read(ref _longestGap));

    /// <summary>Each connects, asks, is answered and leaves.</summary>
    /// <param name="to">Where.</param>
    /// <param name="clients">At a time.</param>
    /// <param name="create">Their sockets; null for those of this host.</param>
    /// <param name="isFlatOut">Without a breath in between.</param>
    public static SteadyLoad OfConnections(IPEndPoint to, int clients, Func<Socket>? create = null, bool isFlatOut = false) => new(clients, _ => async () =>
    {
        using var client = create is null ? await Peer.ConnectAsync(to) : new Peer(create());
        using var patience = new CancellationTokenSource(AnswerWithin);
        if (create is not null) await client.Socket.ConnectAsync(to, patience.Token);
        string answer = await client.AskAsync("question");
        // No TIME_WAIT: thousands of them would take all ports.
        client.Reset();
        if (answer != "question") throw new InvalidDataException($"answered '{answer}'");
    }, isFlatOut);

    /// <summary>Each asks on, on a port of its own; an answer that was for somebody else is a failure.</summary>
    public static SteadyLoad OfDatagrams(IPEndPoint to, string name, int clients, Func<Socket>? create = null, bool isFlatOut = false) => new(clients, number =>
    {
        // Numbers of its own: a stray answer is none of them.
        var client = DatagramClient.Connect(
            create?.Invoke() ?? new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp),
            to.Address, to.Port, firstNumber: 1 + (number * 10_000_000));
        return async () =>
        {
            string answer = await client.AskAsync(AnswerWithin);
            if (answer != name || client.Strays > 0)
                throw new InvalidDataException($"question {client.Asked} was answered by '{answer}', {client.Strays} strays");
        };
    }, isFlatOut);

    /// <summary>Each asks over a connection of its own, and is to get 200.</summary>
    public static SteadyLoad OfRequests(Uri address)
    {
        var http = new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero });
        return new(1, _ => async () =>
        {
            using var response = await http.GetAsync(address);
            response.EnsureSuccessStatusCode();
            await Task.Delay(5);
        });
    }

    /// <summary>Returns when so much more is done: all of it began after now, but for one each.</summary>
    public async Task GoesOnAsync(int more)
    {
        long wanted = Done + more;
        await Eventually.IsTrue(() => Done >= wanted || !_failures.IsEmpty, $"{more} more are done");
    }

    /// <summary>From now on.</summary>
    public void ForgetGaps() => Interlocked.Exchange(ref _longestGap, 0);

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task RepeatAsync(Func<Task> once)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await once();
                Interlocked.Increment(ref _done);
                long now = TimeProvider.System.GetTimestamp();
                long gap = Interlocked.Exchange(ref _doneAt, now) is > 0 and var before ? now - before : 0;
                if (gap > Interlocked.Read(ref _longestGap)) Interlocked.Exchange(ref _longestGap, gap);
                // What runs beside it needs the processors, too.
                if (!_isFlatOut) await Task.Delay(Breath);
            }
            catch (Exception e)
            {
                bool isRefused = e is SocketException { SocketErrorCode: SocketError.ConnectionRefused };
                Interlocked.Increment(ref isRefused ? ref _refused : ref _broken);
                // The first ones tell it all.
                if (_failures.Count < 20) _failures.Enqueue($"{e.GetType().Name}: {e.Message}");
                await Task.Delay(10);
            }
        }
    }
}
