using System.Diagnostics;

namespace UserProxy.UdpLoad;

/// <summary>
/// One thread's share of the clients, on one epoll: an answer makes the next query of its client, or, with a rate, the clock does. Only queries sent
/// in the measured time count.
/// </summary>
internal sealed class LoadThread
{
    private const int EventCapacity = 256, LargestReply = 2048;

    private readonly LoadSettings _settings;
    private readonly Questions _questions;
    private readonly SourcePorts _ports;
    private readonly FlowClient[] _clients;
    private readonly int _epoll = Libc.EpollCreate();
    private readonly byte[] _reply = new byte[LargestReply];
    private readonly long _start, _measureFrom, _end, _timeout;
    private readonly double _perTick;
    private long _paced;
    private int _turn;
    private byte _name;

    public LoadThread(LoadSettings settings, int thread, long start)
    {
        _settings = settings;
        _questions = settings.Questions.Copy();
        _ports = new SourcePorts(settings.Sources, thread, settings.Threads);
        int clients = Math.Max(1, settings.Clients / settings.Threads);
        _clients = [.. Enumerable.Range(0, clients).Select(_ => new FlowClient(Math.Max(1, settings.Outstanding / settings.Threads / clients)))];
        _start = start;
        _measureFrom = start + Ticks(LoadSettings.WarmUp);
        _end = _measureFrom + Ticks(settings.Measured);
        _timeout = Ticks(LoadSettings.Timeout);
        _perTick = (double)settings.Rate / settings.Threads / Stopwatch.Frequency;
    }

    public Latencies Latencies { get; } = new();

    public long Sent { get; private set; }

    /// <summary>Warm-up included: what the proxy did in its processor time.</summary>
    public long Answered { get; private set; }

    public long AnsweredInTime { get; private set; }

    public long Lost { get; private set; }

    public long Wrong { get; private set; }

    /// <summary>Came after they were given up; they are among the lost.</summary>
    public long Late { get; private set; }

    public long Errors { get; private set; }

    public long Ports { get; private set; }

    private bool IsPaced => _settings.Rate > 0;

    public void Run()
    {
        for (int i = 0; i < _clients.Length; i++)
        {
            Open(i);
            if (!IsPaced) Fill(_clients[i], Stopwatch.GetTimestamp());
        }

        byte[] events = Libc.EpollEvents(EventCapacity);
        var wait = TimeSpan.FromMicroseconds(IsPaced ? 100 : 10_000);
        long now = Stopwatch.GetTimestamp(), nextSweep = now;
        while (now < _end || (now < _end + _timeout && _clients.Any(client => client.Waiting > 0)))
        {
            if (IsPaced) SendDue(now);
            int ready = Libc.EpollWait(_epoll, events, wait);
            now = Stopwatch.GetTimestamp();
            for (int i = 0; i < ready; i++) Receive(Libc.EpollData(events, i));
            if (now < nextSweep) continue;
            nextSweep = now + (Stopwatch.Frequency / 10);
            Sweep(now - _timeout, now);
        }
        Sweep(long.MaxValue, now);
        foreach (var client in _clients) Libc.Close(client.Socket);
        Libc.Close(_epoll);
    }

    private void Receive(int index)
    {
        var client = _clients[index];
        long now = Stopwatch.GetTimestamp();
        do
        {
            int length = Libc.Receive(client.Socket, _reply);
            if (length == -Libc.EAGAIN) break;
            if (length < 0) Errors++; // ECONNREFUSED: an ICMP came; which query it was for is not told, so that one times out
            else End(client, _reply.AsSpan(0, length), now);
        }
        while (client.Waiting > 0);
        GoOn(index, now);
    }

    private void End(FlowClient client, ReadOnlySpan<byte> reply, long now)
    {
        if (reply.Length < 2 || !client.TryEnd(Questions.IdOf(reply), out byte name, out long sentAt)) Late++;
        else if (!_questions.IsAnswer(name, reply)) Wrong++;
        else
        {
            Answered++;
            if (now >= _measureFrom && now < _end) AnsweredInTime++;
            if (sentAt >= _measureFrom) Latencies.Record(now - sentAt);
        }
    }

    private void GoOn(int index, long now)
    {
        var client = _clients[index];
        if (IsSpent(client) && client.Waiting == 0)
        {
            Libc.Close(client.Socket);
            Open(index);
        }
        if (!IsPaced) Fill(client, now);
    }

    private bool IsSpent(FlowClient client) => _settings.QueriesPerPort > 0 && client.SentFromPort >= _settings.QueriesPerPort;

    private void Fill(FlowClient client, long now)
    {
        while (now < _end && client.HasRoom && !IsSpent(client)) Send(client, now);
    }

    /// <summary>
    /// What the rate asks for by now, client after client. When all of them wait, the rest is sent late, and the figures show less than the rate.
    /// </summary>
    private void SendDue(long now)
    {
        long due = (long)((Math.Min(now, _end) - _start) * _perTick);
        for (int full = 0; _paced < due && full < _clients.Length;)
        {
            var client = _clients[_turn++ % _clients.Length];
            if (!client.HasRoom || IsSpent(client))
            {
                full++;
                continue;
            }
            full = 0;
            _paced++;
            Send(client, Stopwatch.GetTimestamp());
        }
    }

    private void Send(FlowClient client, long now)
    {
        byte name = _name++;
        ushort id = client.Take(name, now);
        if (now >= _measureFrom) Sent++;
        if (Libc.Send(client.Socket, _questions.Ask(name, id)) < 0) Errors++; // not sent is lost, a timeout later
    }

    private void Sweep(long before, long now)
    {
        for (int i = 0; i < _clients.Length; i++)
        {
            bool any = false;
            for (; _clients[i].TryExpire(before, out long sentAt); any = true)
                if (sentAt >= _measureFrom) Lost++;
            if (any && now < _end) GoOn(i, now);
        }
    }

    private void Open(int index)
    {
        int socket = Libc.Socket(), result;
        do
        {
            var (address, port) = _ports.Next();
            result = Libc.Bind(socket, address, port);
        }
        while (result == -Libc.EADDRINUSE);
        if (result == 0) result = Libc.Connect(socket, _settings.Server);
        if (result == 0) result = Libc.EpollAdd(_epoll, socket, index);
        if (result != 0) throw new IOException($"a client socket failed with errno {-result}");
        _clients[index].MoveTo(socket);
        Ports++;
    }

    private static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);
}
