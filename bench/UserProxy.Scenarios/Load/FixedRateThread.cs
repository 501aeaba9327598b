using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using UserProxy.UdpLoad;

namespace UserProxy.Scenarios.Load;

/// <summary>One thread's share of a <see cref="FixedRate"/>, on one epoll: sends what is due on free connections, and takes the answers.</summary>
internal sealed class FixedRateThread : IDisposable
{
    private const int EventCapacity = 128;

    private readonly FixedRate _load;
    private readonly double _interval;
    private readonly long _start;
    private readonly byte[] _request;
    private readonly byte[] _buffer = new byte[64 << 10];
    private readonly Socket[] _sockets;
    private readonly int[] _left;
    private readonly long[] _due;
    private readonly Stack<int> _free = new();
    private readonly int _epoll = Libc.EpollCreate();
    private long _sent;

    public FixedRateThread(FixedRate load, int connections, double rate, long start)
    {
        _load = load;
        _interval = Stopwatch.Frequency / rate;
        _start = start;
        _request = HttpAnswer.Request(load.Body, "keep-alive");
        _sockets = [.. Enumerable.Range(0, Math.Max(1, connections)).Select(_ => ClientSockets.Tcp())];
        _left = new int[_sockets.Length];
        _due = new long[_sockets.Length];
    }

    public Latencies Latencies { get; } = new();

    public long Answered { get; private set; }

    public long Lost { get; private set; }

    public void Run(TimeSpan warmUp, TimeSpan grace)
    {
        int length = Connect();
        long measureFrom = _start + Ticks(warmUp), end = measureFrom + Ticks(_load.Measured), giveUp = end + Ticks(grace);
        byte[] events = Libc.EpollEvents(EventCapacity);
        long now = Stopwatch.GetTimestamp(), due = (long)((end - _start) / _interval);
        while (now < end || ((_sent < due || _free.Count < _sockets.Length) && now < giveUp))
        {
            SendDue(Math.Min(now, end), length);
            int ready = Libc.EpollWait(_epoll, events, TimeSpan.FromMicroseconds(50));
            now = Stopwatch.GetTimestamp();
            for (int i = 0; i < ready; i++) Receive(Libc.EpollData(events, i), measureFrom, now);
        }

        // Those that still wait for their answer, and those that never got a connection. They have taken at least until now: left out, a path would look the
        // faster the more it loses.
        var waiting = Enumerable.Range(0, _sockets.Length).Except(_free).Select(connection => _due[connection]);
        for (; _sent < due; _sent++) Lose(_start + (long)(_sent * _interval));
        foreach (long each in waiting) Lose(each);

        void Lose(long each)
        {
            Lost++;
            if (each >= measureFrom) Latencies.Record(now - each);
        }
    }

    public void Dispose()
    {
        foreach (var socket in _sockets) socket.Dispose();
        Libc.Close(_epoll);
    }

    private static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);

    /// <summary>One request each, which also tells how long every answer is.</summary>
    private int Connect()
    {
        int length = 0;
        for (int i = 0; i < _sockets.Length; i++)
        {
            _sockets[i].Connect(_load.Address);
            _sockets[i].Send(_request);
            int received = 0, whole = int.MaxValue;
            while (received < whole)
            {
                int more = _sockets[i].Receive(_buffer, received, _buffer.Length - received, SocketFlags.None);
                if (more == 0) throw new IOException($"{_load.Address} closed a connection");
                received += more;
                string text = Encoding.ASCII.GetString(_buffer, 0, received);
                int head = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
                if (head >= 0) whole = head + 4 + HttpAnswer.LengthOf(text[..head]);
            }

            length = whole;
            Libc.EpollAdd(_epoll, (int)_sockets[i].Handle, i);
            _free.Push(i);
        }

        return length;
    }

    private void SendDue(long now, int length)
    {
        while (_free.Count > 0)
        {
            long due = _start + (long)(_sent * _interval);
            if (due > now) return;
            int connection = _free.Pop();
            _sent++;
            _due[connection] = due;
            _left[connection] = length;
            _ = Libc.Send((int)_sockets[connection].Handle, _request); // when it is cut, no answer comes, and it is not free again
        }
    }

    private void Receive(int connection, long measureFrom, long now)
    {
        int received = Libc.Receive((int)_sockets[connection].Handle, _buffer);
        if (received <= 0 || received > _left[connection])
        {
            // Cut, or more than was asked for. It is not free again, and is counted at the end.
            _left[connection] = int.MaxValue;
            return;
        }

        _left[connection] -= received;
        if (_left[connection] > 0) return;
        _free.Push(connection);
        if (_due[connection] < measureFrom) return;
        Latencies.Record(now - _due[connection]);
        Answered++;
    }
}
