using System.Net;
using System.Net.Sockets;
using UserProxy.Policy;

namespace UserProxy.Tcp.Sockets;

/// <summary>
/// One dial under way, given up when its time has passed or its client has reset. The socket is never bound first: that would cost a
/// port for every connection instead of one for every destination.
/// </summary>
internal sealed class SocketDial(Socket socket, SocketConnection client, IPEndPoint endpoint, DialOptions options, TimeProvider time)
{
    /// <summary>How often the client is looked at: most dials are over before the first look and pay only for the timer.</summary>
    private static readonly TimeSpan ClientCheck = TimeSpan.FromMilliseconds(100);

    private const int Decided = -1;

    private ITimer? _timer;
    private long _startedAt;
    private TimeSpan _timeout = options.Timeout;
    private int _givenUp;

    public async ValueTask<DialResult> RunAsync()
    {
        _startedAt = time.GetTimestamp();
        using var connect = new SocketOperation();
        var connecting = connect.ConnectAsync(socket, endpoint);
        if (!connecting.IsCompleted)
        {
            _timer = time.CreateTimer(static dial => ((SocketDial)dial!).Check(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(NextCheck(TimeSpan.Zero), Timeout.InfiniteTimeSpan);
        }

        var error = await connecting;
        _timer?.Dispose();

        int givenUp = Interlocked.CompareExchange(ref _givenUp, Decided, 0);
        if (givenUp != 0) return (ConnectOutcome)givenUp;
        var outcome = SocketErrors.ToConnectOutcome(error);
        if (outcome == ConnectOutcome.Connected) return Connected(error);
        socket.Dispose();
        return outcome;
    }

    /// <summary>
    /// It may have been reset since: then it has no peer to ask the kernel for, and the relay finds its end. The error that says so is told once: where
    /// <paramref name="error"/> is that, reads of the relay are told the end of the stream alone.
    /// </summary>
    private DialResult Connected(SocketError error)
    {
        var connection = new SocketConnection(socket, (IPEndPoint?)socket.LocalEndPoint ?? new IPEndPoint(IPAddress.Any, 0), endpoint);
        if (error != SocketError.Success) connection.Break(error);
        if (!connection.Local.Equals(connection.Remote)) return new(ConnectOutcome.Connected, connection);
        // A dead local port inside the ephemeral range: simultaneous open with ourselves (RFC 9293, 3.5).
        connection.Reset();
        return ConnectOutcome.LocalFault;
    }

    private void Check()
    {
        var elapsed = time.GetElapsedTime(_startedAt);
        if (client.TakeReset()) Cancel(ConnectOutcome.ClientLeft);
        else if (elapsed >= _timeout && !TryGoOn(elapsed)) Cancel(ConnectOutcome.TimedOut);
        else _timer!.Change(NextCheck(elapsed), Timeout.InfiniteTimeSpan);
    }

    private bool TryGoOn(TimeSpan elapsed)
    {
        var more = options.AskForMore();
        _timeout = elapsed + more;
        return more > TimeSpan.Zero;
    }

    private TimeSpan NextCheck(TimeSpan elapsed) => _timeout - elapsed < ClientCheck ? _timeout - elapsed : ClientCheck;

    /// <summary>Ends the dial: closing the socket ends the connect with OperationAborted.</summary>
    private void Cancel(ConnectOutcome outcome)
    {
        if (Interlocked.CompareExchange(ref _givenUp, (int)outcome, 0) == 0) socket.Dispose();
    }
}
