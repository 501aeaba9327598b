using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using UserProxy.Counting;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Serving;

namespace UserProxy.Tcp;

/// <summary>
/// One bound address and port of a service port, in LISTEN exactly as long as its accept loop lives. Created and stopped by the Proxier. The
/// loop only accepts; each connection's slow work runs on the connection's own scheduler.
/// </summary>
internal sealed class ServiceListener : IServiceListener
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>
    /// When proxies form a loop and all are out of descriptors, each waits for the next. A remote client that has waited for so long, while no connection of
    /// its Service has ended, is reset: its whole chain ends with it. Of a Service with few connections, any of the process counts.
    /// </summary>
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(5);

    /// <summary>Harmless failures in a row that are tried again at once; more are no accident (a security module that denies every accept).</summary>
    private const int LongestNoise = 64;

    private readonly ConnectionServices _services;
    private readonly IFilteredListener _listener;
    private volatile Admission? _admission;
    private volatile bool _stopping;
    private volatile bool _hasClientInHand;
    private long _turns;

    private ServiceListener(
        ListenAddress address, TcpPortState service, Admission? admission, ConnectionServices services, IFilteredListener listener)
    {
        _admission = admission;
        Address = address;
        Service = service;
        _services = services;
        _listener = listener;
    }

    public ListenAddress Address { get; }

    public TcpPortState Service { get; }

    ServicePortState IServiceListener.Service => Service;

    /// <summary>Completes when the accept loop has ended: after <see cref="StopAsync"/>, or with the exception that killed it.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    /// <summary>Whom it lets in; null is everyone.</summary>
    public Admission? Admission => _admission;

    /// <summary>Whether the kernel discards the SYNs of the others; where it cannot, they are accepted and reset.</summary>
    public bool IsFiltered => _listener.IsFiltered;

    /// <summary>Accepts, also failed ones, and pauses of the accept loop so far: a loop that lives makes some, while clients wait.</summary>
    public long Turns => Volatile.Read(ref _turns);

    /// <summary>In its queue, or taken out of it and waiting for a descriptor.</summary>
    public bool HoldsClients => ReadQueue() is { Waiting: > 0 } || _hasClientInHand;

    /// <summary>As <see cref="IFilteredListener.StepAside"/>.</summary>
    public void StepAside() => _listener.StepAside();

    /// <summary>As <see cref="IFilteredListener.ReadQueue"/>.</summary>
    public AcceptQueue? ReadQueue() => _listener.ReadQueue();

    /// <summary>
    /// Binds, listens and starts to accept; SocketException when the address cannot be had, IOException when
    /// no descriptor may be spent on it. A virtual address is bound freely: it need not be there yet. <paramref name="inherited"/> is a socket
    /// that is there already.
    /// </summary>
    public static async Task<ServiceListener> StartAsync(
        ListenAddress address, TcpPortState service, Admission? admission, PortSharing sharing, ConnectionServices services,
        IReadOnlyList<SafeHandle>? inherited = null)
    {
        var options = new ListenOptions
        {
            FreeBind = address.Kind != ListenerKind.NodePort,
            Admission = admission,
            Sharing = sharing,
            Inherited = inherited ?? [],
            Shared = services.Shared,
        };
        services.Descriptors.TakeListener(1);
        IFilteredListener socket;
        try
        {
            socket = await services.Transport.BindAsync(address.EndPoint, options);
        }
        catch
        {
            services.Descriptors.ReturnListener(1);
            throw;
        }

        services.Guard.Listeners.Add(address.EndPoint);
        var listener = new ServiceListener(address, service, admission, services, socket);
        listener.Completion = listener.AcceptLoopAsync();
        return listener;
    }

    /// <summary>Changes whom it lets in, without leaving LISTEN. Called by the Proxier's loop, which is also the one that stops it.</summary>
    public void SetAdmission(Admission? admission)
    {
        _admission = admission;
        _listener.SetAdmission(admission);
    }

    public void EndpointsChanged()
    {
    }

    public IEnumerable<HandedSocket> ReadSockets() =>
        _listener.Socket is { } socket ? [new HandedSocket(TransportProtocol.Tcp, Address.EndPoint, socket)] : [];

    public async Task PauseAsync() => await _listener.PauseAsync();

    public void Resume()
    {
        _listener.Resume();
        // The other process may have set a filter of its own, which belongs to the socket.
        _listener.SetAdmission(_admission);
    }

    /// <summary>Takes no new clients, serves those already in the queue, and frees the port.</summary>
    public async Task StopAsync()
    {
        _stopping = true;
        try
        {
            await _listener.UnbindAsync();
        }
        catch (ObjectDisposedException)
        {
            // The accept loop has died and closed it.
        }

        await Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // The accept loop may have ended on a transport's own thread, which is not for the caller's work.
        await Task.Yield();
    }

    private async Task AcceptLoopAsync()
    {
        // Off the Proxier's loop, which starts it and must not be kept by clients that are already waiting.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await AcceptUntilUnboundAsync();
        }
        finally
        {
            // Whatever ended the loop: the port must not stay in LISTEN without it.
            await _listener.DisposeAsync();
            _services.Guard.Listeners.Remove(Address.EndPoint);
            _services.Descriptors.ReturnListener(1);
        }
    }

    private async Task AcceptUntilUnboundAsync()
    {
        var pause = ShortestPause;
        int noise = 0;
        while (true)
        {
            TransportConnection? client;
            try
            {
                client = (TransportConnection?)await _listener.AcceptAsync();
                CountTurn();
            }
            catch (SocketException e) when (SocketErrors.IsAcceptNoise(e.SocketErrorCode) && noise < LongestNoise)
            {
                CountTurn();
                noise++;
                continue;
            }
            catch (SocketException e) when (SocketErrors.IsAcceptNoise(e.SocketErrorCode) || SocketErrors.IsResourcePressure(e.SocketErrorCode))
            {
                // accept4 wants a descriptor before it looks at the queue: waiting for the queue to be empty could take for ever.
                if (_stopping) return;
                pause = await PauseAsync(pause);
                noise = 0;
                continue;
            }

            if (client is null) return;
            bool admitted = TryTakeConnection() || await WaitForDescriptorsAsync(client);
            pause = ShortestPause;
            noise = 0;
            if (!admitted) await RefuseForDescriptorsAsync(client);
            else if (TryTakeMemory()) new Connection(Service, Address.Kind, _admission, client, _services).Start();
            else RefuseForMemory(client);
        }
    }

    /// <summary>
    /// Over the limit this client waits here, and the next ones in the kernel's queue, unless the listener is about to go. This client has its descriptor
    /// already, so only some listeners may have one waiting. True when there is room.
    /// </summary>
    private async ValueTask<bool> WaitForDescriptorsAsync(TransportConnection client)
    {
        if (_stopping || !_services.Descriptors.TryTakeWaiting()) return false;
        _hasClientInHand = true;
        bool mayBeOfALoop = HopBound.ComesFromAfar(client.ReadHops()), admitted = false;
        var wait = new StalledWait(_services, Service);
        for (var pause = ShortestPause; !admitted && !_stopping && !(mayBeOfALoop && wait.IsStalled); admitted = TryTakeConnection())
            pause = await PauseAsync(pause);
        _hasClientInHand = false;
        _services.Descriptors.ReturnWaiting();
        return admitted;
    }

    /// <summary>Accepts nothing until there is room, or until a loop is stuck that the refused client may have been part of.</summary>
    private async ValueTask RefuseForDescriptorsAsync(TransportConnection client)
    {
        bool mayBeOfALoop = HopBound.ComesFromAfar(client.ReadHops());
        Refuse(client, "no descriptor is left for it");
        var wait = new StalledWait(_services, Service);
        for (var pause = ShortestPause; !_stopping && !_services.Descriptors.HasRoom(Service.Live.Present) && !(mayBeOfALoop && wait.IsStalled);)
            pause = await PauseAsync(pause);
    }

    private bool TryTakeConnection() => _services.Descriptors.TryTakeConnection(Service.Live.Present);

    /// <summary>Pins give way to connections.</summary>
    private bool TryTakeMemory() =>
        _services.Transport.Memory.TryTakeConnection() || (_services.Pins.EvictOldest() && _services.Transport.Memory.TryTakeConnection());

    /// <summary>Slow readers may stay for hours, so nobody is made to wait for them.</summary>
    private void RefuseForMemory(TransportConnection client)
    {
        _services.Descriptors.ReturnConnection();
        if (_services.Refusals.Count(_services.Time))
            _services.Log.MemorySpent(Address.EndPoint, _services.Transport.Memory.Held, _services.Transport.Memory.Limit);
        Refuse(client, "no memory is left for it");
    }

    private void Refuse(TransportConnection client, string reason)
    {
        Service.Counters.CountAccepted();
        Service.Counters.CountClosed(EndReason.Limit);
        if (_services.Traces.IsRead) Trace(client);
        client.Abort(new ConnectionAbortedException(reason));
    }

    /// <summary>Those who follow it are told that it came, and that it was refused.</summary>
    private void Trace(TransportConnection client)
    {
        long now = _services.Time.GetTimestamp();
        if (_services.Traces.Begin(Service.Snapshot!.Port, Address.Kind, client.Remote, client.Local, null, now) is not { } trace) return;
        trace.Arrived(client.ReadLeg()?.SinceSent);
        trace.Ended(EndReason.Limit.Name(), null, 0, 0, null);
    }

    private async ValueTask<TimeSpan> PauseAsync(TimeSpan pause)
    {
        CountTurn();
        if (_services.Pauses.Count(_services.Time)) _services.Log.AcceptPaused(Address.EndPoint, _services.Descriptors.Held, _services.Descriptors.Limit);
        await Task.Delay(pause, _services.Time);
        return pause.Doubled(LongestPause);
    }

    /// <summary>The loop has no other writer.</summary>
    private void CountTurn() => Volatile.Write(ref _turns, _turns + 1);

    /// <summary>Whether connections end while one waits.</summary>
    private struct StalledWait(ConnectionServices services, TcpPortState service)
    {
        private long _ended = -1;
        private long _since = services.Time.GetTimestamp();

        public bool IsStalled
        {
            get
            {
                long ended = services.Descriptors.IsCrowd(service.Live.Present) ? service.Live.Ended : services.Descriptors.Ended;
                if (ended == _ended) return services.Time.GetElapsedTime(_since) >= Stall;
                (_ended, _since) = (ended, services.Time.GetTimestamp());
                return false;
            }
        }
    }
}
