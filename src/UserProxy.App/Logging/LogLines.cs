using System.Text;

namespace UserProxy.App.Logging;

/// <summary>
/// The log's lines on their way out: a bounded queue, and the one thread that writes. Whoever logs never waits, whatever has become of the other side: a full
/// disk, a pipe that nobody reads or that nobody has open. What cannot be written is lost and counted, and said when it is over. Filled by
/// <see cref="LineLogger"/>.
/// </summary>
internal sealed class LogLines : IDisposable
{
    /// <summary>Lines that may wait for a slow reader.</summary>
    private const int MostWaiting = 4096;

    /// <summary>How often it is tried whether the other side takes lines again, when none comes.</summary>
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>For the last lines at the end of the process; a frozen reader does not keep it.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    private readonly Queue<string> _waiting = new();
    private readonly Func<byte[], int, int, int> _write;
    private readonly Func<long, string> _lost;
    private readonly Thread _writer;
    private byte[] _bytes = new byte[1024];
    private long _dropped;
    private long _said;
    private bool _isTorn;
    private bool _ended;

    /// <param name="write">Writes so many bytes from there on, after whatever wait; returns how many it has, 0 when it cannot.</param>
    /// <param name="lost">The line that says how many were lost.</param>
    public LogLines(Func<byte[], int, int, int> write, Func<long, string> lost)
    {
        _write = write;
        _lost = lost;
        _writer = new Thread(WriteAll) { IsBackground = true, Name = "log" };
    }

    /// <summary>Lines that were lost so far.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Writes from now on.</summary>
    public void Start() => _writer.Start();

    /// <summary>From any thread; never waits.</summary>
    public void Add(string line)
    {
        lock (_waiting)
        {
            if (_ended || _waiting.Count >= MostWaiting)
            {
                Interlocked.Increment(ref _dropped);
                return;
            }

            _waiting.Enqueue(line);
            if (_waiting.Count == 1) Monitor.Pulse(_waiting);
        }
    }

    public void Dispose()
    {
        lock (_waiting)
        {
            _ended = true;
            Monitor.Pulse(_waiting);
        }

        _writer.Join(Farewell);
    }

    private void WriteAll()
    {
        while (Next(out string? line))
        {
            // Not while they are still being lost for want of room: one line for all of them.
            long lost = Dropped - _said;
            if (lost > 0 && HasRoom && TryWrite(_lost(lost))) _said += lost;
            if (line is not null && !TryWrite(line)) Interlocked.Increment(ref _dropped);
        }
    }

    private bool HasRoom
    {
        get
        {
            lock (_waiting) return _waiting.Count <= MostWaiting / 2;
        }
    }

    /// <summary>False at the end; no line when it is time to try whether a loss is over.</summary>
    private bool Next(out string? line)
    {
        lock (_waiting)
        {
            while (!_waiting.TryDequeue(out line))
            {
                if (_ended) return false;
                if (Dropped == _said) Monitor.Wait(_waiting);
                else if (!Monitor.Wait(_waiting, RetryAfter)) return true;
            }

            return true;
        }
    }

    private bool TryWrite(string line)
    {
        int length = Encoding.UTF8.GetMaxByteCount(line.Length) + 1;
        if (_bytes.Length < length) _bytes = new byte[length];
        int end = 0;
        // Of the last one only a part went out.
        if (_isTorn) _bytes[end++] = (byte)'\n';
        end += Encoding.UTF8.GetBytes(line, _bytes.AsSpan(end));
        for (int at = 0; at < end;)
        {
            int written = _write(_bytes, at, end - at);
            if (written <= 0) return false;
            at += written;
            _isTorn = at < end;
        }

        return true;
    }
}
