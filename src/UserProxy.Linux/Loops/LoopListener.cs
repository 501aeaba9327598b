using System.Net;
using System.Runtime.InteropServices;
using System.Threading.Tasks.Sources;
using Microsoft.AspNetCore.Connections;
using UserProxy.Linux.Kernel;
using UserProxy.Linux.SocketFilters;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Serving;
using UserProxy.Tcp;

namespace UserProxy.Linux.Loops;

/// <summary>
/// One listening socket, shared by all loops. Whichever loop is told that clients wait runs the accept loop of the Proxier's listener; there is one consumer at
/// a time, as IConnectionListener demands.
/// </summary>
internal sealed class LoopListener : IFilteredListener, ILoopHandler, IValueTaskSource
{
    /// <summary>Accepts in a row before the loop's other connections get their turn.</summary>
    private const int Burst = 32;

    private readonly LoopTransport _transport;
    private readonly FileHandle _handle;
    private readonly IPEndPoint _endpoint;
    private readonly int _descriptor;
    private readonly int[] _slots;
    private readonly SocketSharing _shared;

    /// <summary>Loops that have told of clients and tell no more until they are asked to.</summary>
    private readonly bool[] _spent;

    private ManualResetValueTaskSourceCore<bool> _readable;
    private IPEndPoint? _lastLocal;
    private int _signals;
    private int _waiting;
    private int _inARow;
    private int _unwatchedLoops;
    private volatile int _unwatchedError;
    private volatile bool _unbound;
    private bool _closed;
    private bool _hasFilter;

    private LoopListener(LoopTransport transport, FileHandle handle, IPEndPoint endpoint, SocketSharing shared)
    {
        _shared = shared;
        _transport = transport;
        _handle = handle;
        _descriptor = handle.Descriptor;
        _endpoint = endpoint;
        _slots = new int[transport.Loops.Count];
        _spent = new bool[transport.Loops.Count];
    }

    public EndPoint EndPoint => _endpoint;

    public SafeHandle? Socket => _handle;

    public bool IsFiltered { get; private set; }

    public void SetAdmission(Admission? admission)
    {
        if (admission is null && !_hasFilter) return;
        IsFiltered = SynFilter.TrySet(_handle, _endpoint.AddressFamily, admission);
        _hasFilter = admission is not null;
    }

    public unsafe AcceptQueue? ReadQueue()
    {
        bool held = false;
        try
        {
            // A scrape may come when it is just being closed.
            _handle.DangerousAddRef(ref held);
            TcpInfo info = default;
            return Libc.GetTcpInfo(_descriptor, &info) >= 0
                && info.State == TcpInfo.Listen ? new AcceptQueue((int)info.Unacknowledged, (int)info.Sacked) : null;
        }
        catch (ObjectDisposedException)
        {
            return null;
        }
        finally
        {
            if (held) _handle.DangerousRelease();
        }
    }

    /// <summary>
    /// Bound to a link that nobody has, it is met by no SYN any more (Linux 5.0). Handshakes that have begun know it by themselves, and what is in its queue
    /// stays there.
    /// </summary>
    public void StepAside()
    {
        if (!_closed) Libc.SetOption(_descriptor, Libc.SOL_SOCKET, Libc.SO_BINDTOIFINDEX, int.MaxValue);
    }

    public static LoopListener Listen(LoopTransport transport, IPEndPoint endpoint, int backlog, ListenOptions options)
    {
        var handle = SocketSetup.Listen(endpoint, backlog, options, out bool isFiltered);
        // Asked for only when it is not known.
        var bound = endpoint.Port != 0 ? endpoint : SocketSetup.LocalEndPoint(handle.Descriptor);
        var listener = new LoopListener(transport, handle, bound, options.Shared) { _hasFilter = options.Admission is not null, IsFiltered = isFiltered };
        for (int i = 0; i < transport.Loops.Count; i++)
        {
            int number = i;
            transport.Loops[i].Schedule(_ => listener.Register(number), null);
        }

        return listener;
    }

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            int seen = Volatile.Read(ref _signals);
            if (_inARow < Burst)
            {
                if (TryAccept(out int error) is { } connection) return connection;
                if (error != Errno.EAGAIN) throw new System.Net.Sockets.SocketException((int)Errno.ToSocketError(error));
                WatchAgain();
                if (_unbound) return null;
                // In LISTEN, but no loop would be told of a client: the worst of all states, so the accept loop ends and is reported.
                if (_unwatchedError != 0) throw new IOException($"the listening socket could not be watched by any loop (errno {_unwatchedError})");
            }
            else
            {
                var loop = _transport.CurrentLoop ?? _transport.Loops[0];
                loop.Schedule(static listener => ((LoopListener)listener!).Signal(), this);
            }

            await UntilSignalledAfter(seen);
            _inARow = 0;
        }
    }

    /// <summary>
    /// listen(2) again with no backlog: new handshakes are left unanswered and tried again by their clients 1 s later, when the port is closed and
    /// refuses, or served by whoever listens then. What is queued already comes out of <see cref="AcceptAsync"/>.
    /// </summary>
    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        if (_closed) return;
        // What another process has keeps its queue; the loops leave first, so that it is told of whoever comes from now on.
        if (_shared.IsShared) await LeaveLoopsAsync();
        else Libc.Listen(_descriptor, 0);
        _unbound = true;
        Signal();
    }

    public async ValueTask DisposeAsync()
    {
        if (_closed) return;
        _closed = true;
        _unbound = true;
        if (_shared.IsShared)
        {
            await LeaveLoopsAsync();
            _handle.Dispose();
            return;
        }

        // Rings that watch it keep it for a moment longer, and it must not be found listening until then.
        Libc.ShutdownBoth(_descriptor);
        _handle.Dispose();
        for (int i = 0; i < _slots.Length; i++)
        {
            int number = i;
            _transport.Loops[i].Schedule(_ => Unregister(number), null);
        }
    }

    /// <summary>
    /// Unregisters from all loops: until then the kernel may wake only ours. Then accepts the clients that were announced already, and the accept loop waits.
    /// </summary>
    public async ValueTask PauseAsync()
    {
        if (_closed) return;
        await LeaveLoopsAsync();
        Signal();
    }

    public void Resume()
    {
        // It may have been set by the other process.
        _hasFilter = true;
        Volatile.Write(ref _unwatchedLoops, 0);
        for (int i = 0; i < _slots.Length; i++)
        {
            int number = i;
            _transport.Loops[i].Schedule(
                _ =>
                {
                    if (_slots[number] < 0) Register(number);
                },
                null);
        }

        // The other process may have been told of clients, and have gone without taking them.
        Signal();
    }

    public void OnEvents(EventLoop loop, uint events)
    {
        if (loop.WatchesListenersOnce) Volatile.Write(ref _spent[_transport.NumberOf(loop)], true);
        Signal();
    }

    public void Forget(EventLoop loop) => _slots[_transport.NumberOf(loop)] = -1;

    public void OnBroken(EventLoop loop) => Register(_transport.NumberOf(loop));

    void IValueTaskSource.GetResult(short token) => _readable.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _readable.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _readable.OnCompleted(continuation, state, token, flags);

    private unsafe LoopConnection? TryAccept(out int error)
    {
        byte* address = stackalloc byte[SockAddr.MaxLength];
        int length = SockAddr.MaxLength;
        int descriptor = Libc.Accept(_descriptor, address, &length);
        if (descriptor < 0)
        {
            error = -descriptor;
            return null;
        }

        error = 0;
        _inARow++;
        var remote = SockAddr.Read(new ReadOnlySpan<byte>(address, length));
        return _transport.ChooseLoop().Accepted(descriptor, LocalOf(descriptor), remote);
    }

    /// <summary>Only a wildcard listener has to ask, and then most clients have come to the same address.</summary>
    private IPEndPoint LocalOf(int descriptor)
    {
        if (!_endpoint.Address.IsWildcard()) return _endpoint;
        var local = SocketSetup.LocalEndPoint(descriptor);
        if (_lastLocal is { } last && last.Equals(local)) return last;
        return _lastLocal = local;
    }

    /// <summary>Completes at once when a signal came after <paramref name="seen"/> was read: no edge is lost between looking and waiting.</summary>
    private ValueTask UntilSignalledAfter(int seen)
    {
        _readable.Reset();
        Interlocked.Exchange(ref _waiting, 1);
        if (Volatile.Read(ref _signals) != seen && Interlocked.Exchange(ref _waiting, 0) == 1) return default;
        return new ValueTask(this, _readable.Version);
    }

    private void Signal()
    {
        Interlocked.Increment(ref _signals);
        if (Interlocked.Exchange(ref _waiting, 0) == 1) _readable.SetResult(true);
    }

    /// <summary>
    /// Nobody waits in the queue now: whoever comes is to be told of. Not sooner, or a loop would be told for as long as accepting is paused.
    /// </summary>
    private void WatchAgain()
    {
        for (int i = 0; i < _spent.Length; i++)
        {
            if (!Volatile.Read(ref _spent[i])) continue;
            Volatile.Write(ref _spent[i], false);
            int number = i;
            if (EventLoop.Current == _transport.Loops[i]) WatchAgain(number);
            else _transport.Loops[i].Schedule(_ => WatchAgain(number), null);
        }
    }

    private void WatchAgain(int number)
    {
        if (!_closed && _slots[number] >= 0) _transport.Loops[number].WatchListenerAgain(_slots[number]);
    }

    private void Register(int number)
    {
        // The listener may be gone before a loop came to it; its slot is then one that no unregistration frees.
        _slots[number] = _closed ? -1 : _transport.Loops[number].AddListener(_descriptor, this);
        if (_slots[number] >= 0 || _closed || Interlocked.Increment(ref _unwatchedLoops) < _slots.Length) return;
        _unwatchedError = -_slots[number];
        Signal();
    }

    private Task LeaveLoopsAsync() => Task.WhenAll(Enumerable.Range(0, _slots.Length).Select(LeaveAsync));

    private Task LeaveAsync(int number)
    {
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var loop = _transport.Loops[number];
        loop.Schedule(
            _ =>
            {
                if (_slots[number] >= 0) loop.RemoveShared(_descriptor, _slots[number]);
                _slots[number] = -1;
                Volatile.Write(ref _spent[number], false);
                // After the next turn, with which a ring has it undone.
                loop.Schedule(_ => left.SetResult(), null);
            },
            null);
        return left.Task;
    }

    private void Unregister(int number)
    {
        if (_slots[number] >= 0) _transport.Loops[number].Remove(_slots[number]);
    }
}
