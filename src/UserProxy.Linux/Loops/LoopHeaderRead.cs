using System.Threading.Tasks.Sources;
using UserProxy.Linux.Kernel;
using UserProxy.ProxyProtocol;

namespace UserProxy.Linux.Loops;

/// <summary>Reads a PROXY protocol header off one client, on its loop: looks at what waits in the socket, and takes what belongs to it.</summary>
internal sealed class LoopHeaderRead : IValueTaskSource, IConnectionOwner, ITimed
{
    private readonly LoopConnection _client;
    private readonly ProxyHeaderReader _reader;
    private readonly long _deadline;
    private ManualResetValueTaskSourceCore<bool> _done;
    private bool _isOver;

    private LoopHeaderRead(LoopConnection client, ProxyHeaderReader reader, TimeSpan timeout)
    {
        _client = client;
        _reader = reader;
        _deadline = EventLoop.Now + (long)timeout.TotalMilliseconds;
    }

    public int TimedIndex { get; set; } = -1;

    /// <summary>Must be called on the client's loop.</summary>
    public static ValueTask StartAsync(LoopConnection client, ProxyHeaderReader reader, TimeSpan timeout)
    {
        if (client.IsClosed)
        {
            reader.PeerLeft();
            return default;
        }

        // It is often here when the client is: then nothing is to be waited for.
        if (TryRead(client, reader)) return default;
        var read = new LoopHeaderRead(client, reader, timeout);
        client.Owner = read;
        if (!client.TryWatchReading())
        {
            client.Owner = null;
            reader.PeerLeft();
            return default;
        }

        // Silent ones may be many, and need not be looked at often.
        client.Loop.Idle.Add(read, EventLoop.Now);
        return new ValueTask(read, read._done.Version);
    }

    public void OnReady(LoopConnection connection)
    {
        if (!_isOver && TryRead(_client, _reader)) End();
    }

    public void OnBroken()
    {
        _reader.PeerLeft();
        End();
    }

    public void OnTick(long nowMilliseconds)
    {
        // Closed on this side: a drain.
        if (_client.IsClosed) _reader.PeerLeft();
        else if (nowMilliseconds >= _deadline) _reader.TimedOut();
        if (_reader.IsOver) End();
    }

    void IValueTaskSource.GetResult(short token) => _done.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _done.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _done.OnCompleted(continuation, state, token, flags);

    /// <summary>True when there is no use in waiting for more.</summary>
    private static unsafe bool TryRead(LoopConnection client, ProxyHeaderReader reader)
    {
        byte* buffer = client.Loop.Buffer.Pointer;
        while (!reader.IsOver)
        {
            int seen = Libc.Peek(client.Descriptor, buffer, ProxyHeader.MaxLength);
            if (seen == -Errno.EAGAIN) return false;
            if (seen <= 0)
            {
                reader.PeerLeft();
                return true;
            }

            for (int left = reader.Look(new ReadOnlySpan<byte>(buffer, seen)); left > 0;)
            {
                int taken = Libc.Discard(client.Descriptor, buffer, left);
                if (taken <= 0)
                {
                    reader.PeerLeft();
                    return true;
                }

                left -= taken;
            }
        }

        return true;
    }

    private void End()
    {
        if (_isOver) return;
        _isOver = true;
        _client.Loop.Idle.Remove(this);
        _client.Owner = null;
        if (!_client.IsClosed) _client.UnwatchReading();
        _done.SetResult(true);
    }
}
