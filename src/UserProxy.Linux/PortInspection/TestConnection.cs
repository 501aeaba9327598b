using System.Net;
using System.Net.Sockets;
using UserProxy.Counting;

namespace UserProxy.Linux.PortInspection;

/// <summary>
/// One bounded test connection: connect, watch until a process has the other end, hold it while owners are looked up, end it. It sends nothing.
/// <para>How it ends: by FIN when somebody has accepted it, for then it is a client that came and left, as a TCP health check does; by RST when nobody has, for
/// a FIN would leave one more CLOSE_WAIT socket that lives as long as the listener. The place in the accept queue is taken either way: the kernel gives it back
/// to accept() alone.</para>
/// Never throws; used by <see cref="PortInspector"/>, one caller at a time.
/// </summary>
internal sealed class TestConnection(IPEndPoint target, InspectionTimings timings, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(25);

    private readonly byte[] _buffer = new byte[4096];
    private Socket? _socket;
    private bool _finSent;

    public ProbeFacts Facts { get; private set; } = new() { Target = target, Outcome = ProbeOutcome.NotTried };

    /// <param name="table">Not used by anybody else meanwhile.</param>
    /// <param name="cancellation">Ends the waits early; what was seen so far stands.</param>
    public async Task OpenAsync(SocketTable table, CancellationToken cancellation)
    {
        long began = time.GetTimestamp();
        try
        {
            _socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            Facts = Facts with { TargetIsLocal = IsLocal(target.Address) };
            bool isConnected = await ConnectAsync(_socket, began, cancellation);
            Facts = isConnected
                ? Facts with { Outcome = ProbeOutcome.Connected }
                : Facts with { Outcome = ProbeOutcome.NoAnswer, Error = "no answer" };
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
        {
            // Refusal of a SYN is another error (tcp(7), ECONNREFUSED): this was established, and reset before the runtime could tell so.
            Facts = Facts with { Outcome = ProbeOutcome.Connected, PeerEnd = PeerEnd.Reset };
        }
        catch (SocketException e)
        {
            Facts = Facts with { Outcome = OutcomeOf(e.SocketErrorCode), Error = e.Message };
        }

        Facts = Facts with { ConnectTime = time.GetElapsedTime(began) };
        if (Facts.Outcome != ProbeOutcome.Connected || Facts.PeerEnd == PeerEnd.Reset) return;
        if (OwnEnd() is not { } own)
        {
            Facts = Facts with { PeerEnd = PeerEnd.Reset };
            return;
        }

        if (own.Equals(target))
        {
            // Simultaneous open with itself: the port is in the ephemeral range and was chosen for this very socket. Nobody is there.
            Facts = Facts with { Outcome = ProbeOutcome.Refused, Error = "only itself answered" };
            return;
        }

        await WatchAsync(table, own, cancellation);
        if (Facts.Child is null || !Facts.Child.Value.Local.Equals(target)) Facts = Facts with { NatTo = FindNat(table, own) };
    }

    /// <summary>Called after owners have been looked up: they are found by the open connection.</summary>
    public async Task EndAsync(CancellationToken cancellation)
    {
        if (_socket is null || Facts.Outcome != ProbeOutcome.Connected) return;
        bool queued = Facts.AcceptedAfter is null && Facts.Child is { } child && (child.IsUnaccepted || child.State == SocketState.SynReceived);
        if (queued)
        {
            EndByReset();
        }
        else if (Facts.PeerEnd == PeerEnd.None && !IsResetByNow())
        {
            bool wait = Facts.AcceptedAfter is not null;
            await FinishAsync(wait ? timings.Close : TimeSpan.Zero, cancellation);
            if (wait) Facts = Facts with { ClosedAfterFin = Facts.PeerEnd != PeerEnd.None, PeerEnd = PeerEnd.None };
        }

        _socket.Dispose();
    }

    public void Dispose() => _socket?.Dispose();

    /// <summary>Before our own end, which a process may answer by a reset.</summary>
    private bool IsResetByNow()
    {
        if (!_finSent) Listen();
        return Facts.PeerEnd == PeerEnd.Reset;
    }

    /// <summary>
    /// False without an answer. The kernel is asked once more when the time is up: on a busy machine this process may be later than the answer.
    /// </summary>
    /// <exception cref="SocketException">Refused, reset, or out of reach.</exception>
    private async Task<bool> ConnectAsync(Socket socket, long began, CancellationToken cancellation)
    {
        socket.Blocking = false;
        try
        {
            socket.Connect(target);
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            // Under way.
        }

        var pause = FirstPause;
        while (true)
        {
            bool isOver = time.GetElapsedTime(began) >= timings.Connect || cancellation.IsCancellationRequested;
            if (IsAnswered(socket)) return true;
            if (isOver) return false;
            await Task.Delay(pause, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause.Doubled(LongestPause);
        }
    }

    /// <exception cref="SocketException">The answer is no.</exception>
    private static bool IsAnswered(Socket socket)
    {
        if (!socket.Poll(0, SelectMode.SelectWrite)) return false;
        int error = (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
        return error == 0 ? true : throw new SocketException(error);
    }

    /// <summary>Null after a reset: a socket that was reset before the runtime has seen it connected has no address for it.</summary>
    private IPEndPoint? OwnEnd()
    {
        try
        {
            return _socket!.LocalEndPoint as IPEndPoint;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    private async Task WatchAsync(SocketTable table, IPEndPoint own, CancellationToken cancellation)
    {
        long began = time.GetTimestamp();
        var pause = FirstPause;
        while (true)
        {
            var child = FindChild(table, own);
            // In this order: a socket that is gone because of a reset is known to be reset.
            Listen();
            var waited = time.GetElapsedTime(began);
            // What has gone after it was seen is what it was.
            Facts = Facts with { Child = child ?? Facts.Child, Waited = waited };
            if (IsAccepted(child)) Facts = Facts with { AcceptedAfter = waited };
            if (HasEnded(child, waited) || cancellation.IsCancellationRequested) return;
            if (child?.State == SocketState.SynReceived && waited > timings.Deferred && !_finSent) Finish();
            await Task.Delay(pause, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause.Doubled(LongestPause);
        }
    }

    /// <summary>A process has it, or has closed it; then it may be gone already, but only a process sends a FIN.</summary>
    private bool IsAccepted(SocketRow? child) => child is { IsOwned: true } or { WasClosed: true } || (Facts.Child is not null && Facts.PeerEnd == PeerEnd.Fin);

    private bool HasEnded(SocketRow? child, TimeSpan waited) =>
        Facts.AcceptedAfter is not null || Facts.PeerEnd == PeerEnd.Reset
            || waited >= timings.Accept || Facts.ConnectTime + waited >= timings.Longest || (child is null && waited >= timings.Elsewhere);

    /// <summary>Takes what has come, so that the end will be a FIN: a close with unread bytes resets (tcp(7)).</summary>
    private void Listen()
    {
        try
        {
            while (Facts.PeerEnd == PeerEnd.None)
            {
                int received = _socket!.Receive(_buffer);
                Facts = received == 0 ? Facts with { PeerEnd = PeerEnd.Fin } : Facts with { BytesReceived = Facts.BytesReceived + received };
            }
        }
        catch (SocketException e)
        {
            if (e.SocketErrorCode != SocketError.WouldBlock) Facts = Facts with { PeerEnd = PeerEnd.Reset };
        }
    }

    private void Finish()
    {
        _finSent = true;
        try
        {
            _socket!.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // Reset meanwhile: the next reading says so.
        }
    }

    private void EndByReset()
    {
        try
        {
            _socket!.LingerState = new LingerOption(true, 0);
            Facts = Facts with { EndedByReset = true };
        }
        catch (SocketException)
        {
            // It is over already.
        }
    }

    private async Task FinishAsync(TimeSpan patience, CancellationToken cancellation)
    {
        if (!_finSent) Finish();
        long began = time.GetTimestamp();
        var pause = FirstPause;
        Listen();
        while (Facts.PeerEnd == PeerEnd.None && time.GetElapsedTime(began) < patience && !cancellation.IsCancellationRequested)
        {
            await Task.Delay(pause, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause.Doubled(LongestPause);
            Listen();
        }
    }

    /// <summary>
    /// The other end: of the same two addresses; or, behind NAT to this node, one whose peer is ours and nobody else. The kernel gives one local port to
    /// several connections with different destinations, so that the port alone proves nothing on a busy node.
    /// </summary>
    private SocketRow? FindChild(SocketTable table, IPEndPoint own)
    {
        var peers = table.PeersOf(own.Port).Where(row => row.Remote.Equals(own)).ToList();
        foreach (var row in peers)
        {
            if (row.Local.Equals(target)) return row;
        }

        if (peers.Count == 0) return null;
        ulong ours = SocketOwners.InodeOf(_socket!);
        var taken = table.AllOfPort(
            Model.TransportProtocol.Tcp, own.Port).Where(row => row.Local.Equals(own) && row.Inode != ours).Select(row => row.Remote).ToHashSet();
        foreach (var row in peers)
        {
            // A closed one may be what is left of an earlier connection, whose client is gone.
            if (!row.WasClosed && !taken.Contains(row.Local)) return row;
        }

        return null;
    }

    /// <summary>By connection tracking; or a BPF program has changed the destination at connect, which the kernel's own list of our socket shows.</summary>
    private IPEndPoint? FindNat(SocketTable table, IPEndPoint own)
    {
        ulong ours = SocketOwners.InodeOf(_socket!);
        foreach (var row in table.OfPort(Model.TransportProtocol.Tcp, own.Port))
        {
            if (row.Inode == ours && ours != 0 && row.Remote.Port != 0 && !row.Remote.Equals(target)) return row.Remote;
        }

        return NatLookup.FindReplier(own, target) ?? Facts.Child?.Local;
    }

    /// <summary>An address can be bound exactly when it is local, by an interface or by a local route.</summary>
    private static bool IsLocal(IPAddress address)
    {
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(address, 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static ProbeOutcome OutcomeOf(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => ProbeOutcome.Refused,
        SocketError.TimedOut => ProbeOutcome.NoAnswer,
        SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.HostDown or SocketError.AccessDenied => ProbeOutcome.Unreachable,
        _ => ProbeOutcome.NotTried,
    };
}
