using UserProxy.Linux.Epoll;
using UserProxy.Linux.Kernel;
using UserProxy.Linux.Loops;
using UserProxy.Serving;
using UserProxy.Udp;

namespace UserProxy.Linux.Datagrams;

/// <summary>
/// The datagrams of one loop: receives a batch, has its <see cref="SessionTable"/> say where each goes, and sends those that leave by one socket in one call.
/// What the endpoints answer is gathered over all sockets of a turn first. Everything is called on the loop's thread; nothing is allocated for a datagram.
/// </summary>
internal sealed class DatagramLoop : ITimed, IDisposable
{
    /// <summary>Batches that a listener which is being closed still reads.</summary>
    private const int LastBatches = 64;

    /// <summary>Errors that are read in a row: each costs the sessions of one endpoint, and a Pod may send them without end.</summary>
    private const int MostErrors = 256;

    private readonly DatagramServices _services;
    private readonly SessionTable _table;
    private readonly DatagramBatch _fromClients;
    private readonly DatagramBatch _answers;
    private readonly UpstreamSockets _upstream;

    private readonly List<UpstreamSocket> _sending = new(DatagramBatch.Capacity);
    private readonly List<ListenerSocket> _answering = new(DatagramBatch.Capacity);
    private int _answersHeld;
    private bool _flushIsScheduled;

    public DatagramLoop(int number, int loops, DatagramServices services)
    {
        _services = services;
        Loop = new EpollLoop($"udp-{number}", maxPipes: 1, MemoryBudget.Unlimited, services.Log);
        _upstream = new UpstreamSockets(this, loops, services);
        _table = services.CreateTable(loops, _upstream);
        _fromClients = new DatagramBatch();
        _answers = new DatagramBatch();
    }

    public EventLoop Loop { get; }

    int ITimed.TimedIndex { get; set; } = -1;

    private long Now => _services.Time.GetTimestamp();

    /// <summary>The result is minus errno when the kernel does not take it: nobody would be told of its clients then.</summary>
    public Task<int> AddAsync(ListenerSocket socket) =>
        RunAsync(() => socket.IsClosed ? -Errno.ECANCELED : socket.Slot >= 0 ? socket.Slot : (socket.Slot = Loop.AddDatagrams(socket.Descriptor, socket)));

    /// <summary>Its clients are read by another process; what their endpoints answer is still sent by it.</summary>
    public Task RemoveAsync(ListenerSocket socket) => RunAsync(() => Remove(socket));

    /// <summary>
    /// Leaves what endpoints answer to another process, and copies the sessions of these sockets. What has been read so far is sent first.
    /// </summary>
    public Task<HandedLoop> PauseAsync(IReadOnlyList<ListenerSocket> sockets) => RunAsync(() =>
    {
        Flush();
        var upstream = _upstream.Pause();
        var sessions = new List<HandedSession>(_table.Count);
        foreach (var socket in sockets) _table.CopyTo(sessions, socket.Sessions, socket.Number, Now);
        return new HandedLoop(upstream, sessions);
    });

    public void Resume() => Loop.Schedule(static loop => ((DatagramLoop)loop!)._upstream.Resume(), this);

    /// <summary>Goes on with what another process had under way on its loop of this number; these are the sockets of this one.</summary>
    public Task AdoptAsync(HandedLoop handed, IReadOnlyList<ListenerSocket> sockets) => RunAsync(() =>
    {
        long now = Now;
        foreach (var (pool, port, socket) in handed.Upstream)
        {
            if (_upstream.TryAdopt(pool, port, socket)) _table.AdoptPort(pool, port, now);
        }

        var byNumber = sockets.ToDictionary(socket => (socket.EndPoint, socket.Number));
        // In the order of their last datagrams, as they were listed there.
        foreach (var session in handed.Sessions.OrderByDescending(session => session.Idle))
        {
            if (byNumber.TryGetValue((session.Listener, session.Socket), out var socket) && !socket.IsClosed) _table.TryAdopt(socket.Sessions, session, now);
        }

        _table.EndAdoption();
        KeepTime();
        return 0;
    });

    public Task CloseAsync(ListenerSocket socket) => RunAsync(() => Close(socket));

    public Task<IReadOnlyList<SessionStatus>> CopySessionsAsync(ListenerSocket socket)
    {
        var done = new TaskCompletionSource<IReadOnlyList<SessionStatus>>(TaskCreationOptions.RunContinuationsAsynchronously);
        Loop.Schedule(
            _ =>
            {
                if (socket.IsClosed) done.SetResult([]);
                else CopySome(_table.Copy(socket.Sessions), done);
            },
            null);
        return done.Task;
    }

    public void Revalidate(ListenerSocket socket)
    {
        if (!socket.IsClosed) _table.Revalidate(socket.Sessions, Now);
    }

    /// <summary>Passes on what clients have sent before, as far as <see cref="LastBatches"/> reach.</summary>
    private int Close(ListenerSocket socket)
    {
        // What another process reads is its own.
        for (int i = 0; i < LastBatches && socket.Slot >= 0 && OnClients(socket) == DatagramBatch.Capacity; i++)
        {
        }

        Flush();
        _table.Detach(socket.Sessions, Now);
        Remove(socket);
        socket.Close();
        return 0;
    }

    private int Remove(ListenerSocket socket)
    {
        if (socket.Slot >= 0) Loop.RemoveShared(socket.Descriptor, socket.Slot);
        return socket.Slot = -1;
    }

    /// <summary>Returns how many datagrams there were.</summary>
    public int OnClients(ListenerSocket socket)
    {
        int count = _fromClients.Receive(socket.Descriptor, 0, DatagramBatch.Capacity);
        if (count <= 0) return count;
        long now = Now;
        for (int place = 0; place < count; place++) Forward(socket, place, now);
        foreach (var upstream in _sending) Send(upstream, socket.Sessions.Counters);
        _sending.Clear();
        _fromClients.Prepare(count);
        KeepTime();
        return count;
    }

    /// <summary>A batch; the socket is level-triggered, as an error that comes in between hides what is left without another edge.</summary>
    public void OnAnswers(UpstreamSocket socket, uint events)
    {
        if (socket.IsClosed) return;
        // The kernel queues an ICMP error, wakes us, and makes it the pending error after that: what was read in between stays pending without an entry.
        if ((events & Libc.EPOLLERR) != 0 && !TakeErrors(socket) && !socket.IsClosed) Libc.TakeError(socket.Descriptor);
        // One that is a session's own may have gone with it.
        if ((events & Libc.EPOLLIN) == 0 || socket.IsClosed) return;
        if (_answersHeld == DatagramBatch.Capacity) Flush();
        int count = _answers.Receive(socket.Descriptor, _answersHeld, DatagramBatch.Capacity - _answersHeld);
        if (count <= 0) return;
        long now = Now;
        for (int end = _answersHeld + count; _answersHeld < end; _answersHeld++) Answer(socket, _answersHeld, now);
        FlushThisTurn();
    }

    void ITimed.OnTick(long nowMilliseconds)
    {
        _upstream.CountDrops();
        _table.Sweep(Now);
        if (_table.Count == 0 && _upstream.IsEmpty) Loop.Idle.Remove(this);
    }

    public void Dispose()
    {
        Loop.Dispose();
        _upstream.Dispose();
        _fromClients.Dispose();
        _answers.Dispose();
    }

    private void Forward(ListenerSocket socket, int place, long now)
    {
        var counters = socket.Sessions.Counters;
        if (_fromClients.IsTruncated(place))
        {
            counters.CountDropped(DatagramDrop.Truncated);
            return;
        }

        var local = socket.Local;
        if (socket.IsWildcard && !_fromClients.TryReadLocal(place, out local))
        {
            counters.CountDropped(DatagramDrop.Unanswerable);
            return;
        }

        var key = new SessionKey(_fromClients.SourceOf(place), local);
        int hops = _fromClients.HopsOf(place);
        if (hops == 1)
        {
            _table.DropLast(socket.Sessions, key);
            return;
        }

        if (!_table.TryForward(socket.Sessions, key, _fromClients.LengthOf(place), now, out var target)) return;
        var upstream = _upstream.Get(target.Pool, target.Port);
        // As a router would pass it on (RFC 791, RFC 8200): whatever goes round comes to an end.
        _fromClients.Address(place, target.Endpoint, hops - 1 == DatagramSetup.UsualHops ? 0 : hops - 1);
        if (target.Header is { } header) _fromClients.Prepend(place, header);
        if (upstream.Pending.Count == 0) _sending.Add(upstream);
        upstream.Pending.Add(place);
    }

    private void Answer(UpstreamSocket socket, int place, long now)
    {
        var endpoint = _answers.SourceOf(place);
        if (!_table.TryAnswer(socket.Pool, socket.Port, endpoint, _answers.LengthOf(place), now, out var target)) return;
        var listener = (ListenerSocket)target.Listener.Socket;
        if (_answers.IsTruncated(place))
        {
            target.Listener.Counters.CountDropped(DatagramDrop.Truncated);
            return;
        }

        if (listener.IsWildcard) _answers.Address(place, target.Client, target.Local);
        else _answers.Address(place, target.Client);
        if (listener.Pending.Count == 0) _answering.Add(listener);
        listener.Pending.Add(place);
    }

    private void Send(UpstreamSocket socket, UdpCounters counters)
    {
        int count = Enqueue(_fromClients, socket.Pending);
        bool mayRetry = true;
        for (int sent = 0; sent < count;)
        {
            if (socket.IsClosed)
            {
                // A session with a socket of its own has made room for another one of this turn, or was refused.
                counters.CountDropped(DatagramDrop.SendFailed, count - sent);
                return;
            }

            int result = _fromClients.Send(socket.Descriptor, sent, count);
            if (result > 0)
            {
                sent += result;
                mayRetry = true;
                continue;
            }

            if (result == -Errno.EAGAIN)
            {
                counters.CountDropped(DatagramDrop.SendBuffer, count - sent);
                return;
            }

            // What an earlier datagram has met with is told to the next one, which has not been sent then: once more. It may have been read from the queue
            // before.
            TakeErrors(socket);
            if (mayRetry)
            {
                mayRetry = false;
                continue;
            }

            mayRetry = true;
            if (ErrorQueue.OutcomeOfSend(-result) is { } outcome) _table.EndpointRefused(socket.Pool, socket.Port, _fromClients.TargetOf(sent), outcome, Now);
            counters.CountDropped(DatagramDrop.SendFailed);
            sent++;
        }
    }

    private static int Enqueue(DatagramBatch batch, PlaceList places)
    {
        int count = places.Count;
        for (int i = 0; i < count; i++) batch.Enqueue(i, places[i]);
        places.Clear();
        return count;
    }

    private void FlushThisTurn()
    {
        if (_flushIsScheduled) return;
        _flushIsScheduled = true;
        Loop.Schedule(static loop => ((DatagramLoop)loop!).FlushTurn(), this);
    }

    private void FlushTurn()
    {
        _flushIsScheduled = false;
        Flush();
    }

    private void Flush()
    {
        foreach (var listener in _answering) SendAnswers(listener);
        _answering.Clear();
        _answers.Prepare(_answersHeld);
        _answersHeld = 0;
    }

    private void SendAnswers(ListenerSocket socket)
    {
        int count = Enqueue(_answers, socket.Pending);
        if (socket.IsClosed) return;
        for (int sent = 0; sent < count;)
        {
            int result = _answers.Send(socket.Descriptor, sent, count);
            if (result > 0)
            {
                sent += result;
                continue;
            }

            if (result == -Errno.EAGAIN)
            {
                socket.Sessions.Counters.CountDropped(DatagramDrop.SendBuffer, count - sent);
                return;
            }

            socket.Sessions.Counters.CountDropped(DatagramDrop.SendFailed);
            sent++;
        }
    }

    /// <summary>True when there were any.</summary>
    private bool TakeErrors(UpstreamSocket socket)
    {
        int taken = 0;
        for (; taken < MostErrors && !socket.IsClosed && ErrorQueue.TryRead(socket.Descriptor, out var endpoint, out var outcome, out var by); taken++)
        {
            if (outcome is { } failure) _table.EndpointRefused(socket.Pool, socket.Port, endpoint, failure, Now, by);
        }

        return taken > 0;
    }

    /// <summary>Datagrams come between two steps.</summary>
    private void CopySome(SessionCopy copy, TaskCompletionSource<IReadOnlyList<SessionStatus>> done)
    {
        if (copy.Step()) Loop.Schedule(_ => CopySome(copy, done), null);
        else done.SetResult(copy.Copies);
    }

    private Task<T> RunAsync<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Loop.Schedule(_ => done.SetResult(work()), null);
        return done.Task;
    }

    private void KeepTime()
    {
        if (((ITimed)this).TimedIndex < 0) Loop.Idle.Add(this, EventLoop.Now);
    }
}
