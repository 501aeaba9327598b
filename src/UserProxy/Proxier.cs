using System.Net;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Reading;
using UserProxy.Serving;
using UserProxy.Syncing;
using UserProxy.Tcp;
using UserProxy.Tracing;
using UserProxy.Udp;

namespace UserProxy;

/// <summary>
/// Makes the running listeners equal to the newest <see cref="ServiceTable"/>: binds what is new, updates what is kept, stops what is gone. The
/// single writer of everything that connections read; created and run once by the executable.
/// </summary>
public sealed class Proxier
{
    private static readonly TimeSpan FailedSyncRetry = TimeSpan.FromSeconds(1);

    /// <summary>Ports that a predecessor is about to close.</summary>
    private static readonly TimeSpan LeftPortsAreLookedAtEvery = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// After a hand-over, how long endpoints may take to answer datagrams that had been passed on before: as long as clients wait, mostly (DNS: 5 s).
    /// </summary>
    private static readonly TimeSpan LastAnswers = TimeSpan.FromSeconds(5);

    /// <summary>How old the knowledge of the node's own addresses may be when a table comes, and when none comes.</summary>
    private static readonly TimeSpan AddressesAreFreshFor = TimeSpan.FromSeconds(5), AddressesAreReadEvery = TimeSpan.FromSeconds(30);

    private readonly ProxyOptions _options;
    private readonly ConnectionServices _services;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly TaskCompletionSource _firstSync = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TableQueue _queue;
    private readonly SourceUse _sourceUse;
    private readonly VirtualIPSet _virtualIPSet;
    private readonly SlotTable _slots;
    private readonly ServiceEntries _entries;
    private readonly AcceptQueueWatch _acceptQueues;
    private readonly InheritedSockets? _inherited;
    private readonly IDatagramTransport _datagrams;

    /// <summary>Has one token, which a sync takes out and puts back, and so does a hand-over.</summary>
    private readonly Channel<bool> _mayChange = Channel.CreateBounded<bool>(1);

    private volatile ServiceTable _applied = ServiceTable.Empty;
    private volatile bool _addressesChanged;
    private volatile ListenerHandOver? _handedOver;
    private Task _readingAddresses = Task.CompletedTask;
    private long _addressesReadAt;

    /// <summary>A table has come since they were read: an address may have come with it.</summary>
    private bool _addressesAreDue;
    private bool _syncFailed;

    /// <param name="transport">Accepts, dials and relays; stays the caller's.</param>
    /// <param name="options">Of the proxy as a whole.</param>
    /// <param name="time">Every clock and timer.</param>
    /// <param name="log">Told of syncs, listeners and connections.</param>
    /// <param name="virtualIPs">Makes the node answer for virtual IPs; null leaves that to others.</param>
    /// <param name="datagrams">Serves UDP; stays the caller's. Null: UDP ports fail and say so.</param>
    /// <param name="random">For the first turn of each scheduler.</param>
    /// <param name="network">Says who has a port that is taken; null leaves that open.</param>
    /// <param name="isLocal">
    /// Whether a route alone makes an address the node's own, as <see cref="DialGuard"/> asks; null where the kernel cannot be asked.
    /// </param>
    /// <param name="inherited">What a predecessor listened on; null without one.</param>
    /// <param name="shared">Whether another process has our listening sockets, too; null for never.</param>
    /// <param name="inheritedServices">What a predecessor's service ports remember; null without one.</param>
    /// <param name="sources">Has endpoints see their clients' addresses; null for this node's.</param>
    /// <param name="readAddresses">The addresses of the node's interfaces; null asks the system.</param>
    public Proxier(
        ITransport transport,
        ProxyOptions options,
        TimeProvider time,
        ILogger<Proxier> log,
        IVirtualIPs? virtualIPs = null,
        IDatagramTransport? datagrams = null,
        Random? random = null,
        NodeNetwork? network = null,
        Func<IPAddress, bool>? isLocal = null,
        InheritedSockets? inherited = null,
        SocketSharing? shared = null,
        InheritedServices? inheritedServices = null,
        ITransparentSources? sources = null,
        Func<IReadOnlyCollection<IPAddress>>? readAddresses = null)
    {
        _options = options;
        _inherited = inherited;
        _mayChange.Writer.TryWrite(true);
        _time = time;
        _log = log;
        Traces = new TraceFeed(time);
        Descriptors = new DescriptorBudget(options.DescriptorLimit, options.DescriptorsAtStart, options.DescriptorsAside);
        var own = new OwnAddresses(readAddresses);
        var loops = new LoopReports(ReportLoop);
        DialGuard NewGuard() => new(options.AllowLoopbackEndpoints, own, new OwnListeners(), isLocal);
        var policy = new SourcePolicy(own, sources ?? new NoTransparentSources(NoTransparentSources.NotLinux));
        _services = new ConnectionServices(transport, Descriptors, NewGuard(), own, new LoggedCount(), new LoggedCount(), loops, time, log)
        {
            Shared = shared ?? new SocketSharing(),
            Sources = policy,
            Traces = Traces,
        };
        Datagrams = new DatagramServices(options.SessionLimits, Descriptors, transport.Memory, NewGuard(), own, loops, time, log)
        {
            Shared = _services.Shared,
            Sources = policy,
            Traces = Traces,
        };
        datagrams ??= new NoDatagrams(NoDatagrams.NotLinux);
        _datagrams = datagrams;
        datagrams.Use(Datagrams);
        var listeners = new ListenerFactory(_services, datagrams, Datagrams, inherited);
        _queue = new TableQueue(time);
        _sourceUse = new SourceUse(policy.Sources, Wake, Report, time);
        _virtualIPSet = new VirtualIPSet(virtualIPs ?? NoVirtualIPs.Instance, Wake, time, log);
        _slots = new SlotTable(
            listeners, _services, _virtualIPSet, network ?? new NodeNetwork(() => [.. own.Scope.Addresses], FindSockets: null), Wake, Report);
        _entries = new ServiceEntries(_slots, _services, Report, random ?? Random.Shared, inheritedServices);
        _acceptQueues = new AcceptQueueWatch(_entries, _services, patience => transport.CountHungLoops(patience) + datagrams.CountHungLoops(patience), Report);
        View = new ProxyView(_entries, _services, Datagrams, _queue, _acceptQueues, _virtualIPSet);
    }

    /// <summary>Raised on the Proxier's loop after each table that has been applied, which waits for the handlers: they only take note.</summary>
    public event Action<AppliedTable>? Applied;

    /// <summary>Raised on the Proxier's loop whenever other sockets may listen than before, with all that do. The handlers only take note.</summary>
    public event Action<IReadOnlyList<HandedSocket>>? Listening;

    /// <summary>
    /// Raised once per change, when a service port cannot be served as declared: on the Proxier's loop; for accept queues and ports that are taken on a thread
    /// of the pool, and for loops on that of a connection, also at the same time. The handlers only take note.
    /// </summary>
    public event Action<ServiceProblem>? ProblemFound;

    public DescriptorBudget Descriptors { get; }

    /// <summary>Where this process listens with TCP, which no endpoint may be: its servers enter theirs here, as the Proxier does those of Services.</summary>
    public OwnListeners OwnListeners => _services.Guard.Listeners;

    /// <summary>What connections hold, and may hold.</summary>
    public MemoryBudget Memory => _services.Transport.Memory;

    /// <summary>Tells those who follow new connections and sessions live.</summary>
    public TraceFeed Traces { get; }

    /// <summary>Removes the oldest pins of the Service with most of them, as memory is short. From any thread.</summary>
    public void RemoveOldestPins() => _services.Pins.EvictOldest();

    /// <summary>What is served and who is connected, for those who only look.</summary>
    public ProxyView View { get; }

    /// <summary>
    /// A predecessor serves no more. What it had under way goes on here, listeners of UDP begin to read, and clients are looked for of whom it may have been
    /// told. While a sync waits for it.
    /// </summary>
    public async Task TakeOverAsync(IReadOnlyList<HandedLoop> loops, IReadOnlyList<HandedService> services)
    {
        _entries.TakeOver(services);
        await _datagrams.AdoptAsync(loops);
        _slots.Resume();
    }

    /// <summary>What is counted of datagrams that belong to no Service.</summary>
    public DatagramServices Datagrams { get; }

    /// <summary>Completes when the first table has been applied.</summary>
    public Task FirstSync => _firstSync.Task;

    /// <summary>What is being served; the empty table before the first.</summary>
    public ServiceTable Table => _applied;

    /// <summary>The revision that is being served; 0 before the first.</summary>
    public long Revision => _applied.Revision;

    /// <summary>
    /// Serves what <paramref name="source"/> says until <paramref name="stop"/>, then stops accepting without losing queued clients and lets running
    /// connections go on for the drain timeout, or until <paramref name="abort"/>. Throws what the source throws.
    /// </summary>
    public async Task<DrainReport> RunAsync(IServiceSource source, CancellationToken stop, CancellationToken abort = default)
    {
        using var stopReading = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var reading = ReadAsync(source, stopReading.Token);
        var syncing = SyncLoopAsync(reading, stop);
        var watching = Task.WhenAll(_acceptQueues.RunAsync(stopReading.Token), new LocalFaultWatch(_entries, _services, Report).RunAsync(stopReading.Token));
        await syncing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await stopReading.CancelAsync();
        await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await (_handedOver is { MustAnswer: true } ? _slots.StopConnectionsAsync() : _slots.StopAllAsync());
        await _virtualIPSet.StopAsync();
        var answering = WaitForAnswersAsync(abort);
        var report = await new ProcessDrain(_time, _log).RunAsync(_entries.States, _options.DrainTimeout, abort);
        await answering;
        await _slots.StopAllAsync();
        await syncing;
        return report;
    }

    /// <summary>
    /// Has the table stay as it is from now on, so that a successor can take over what listens. One at a time; the result has to be undone or completed.
    /// </summary>
    public async Task<ListenerHandOver> HoldStillAsync(CancellationToken cancellation)
    {
        await _mayChange.Reader.ReadAsync(cancellation);
        ListenerHandOver? handOver = null;
        return handOver = new ListenerHandOver(_slots, _entries, _datagrams, _time, isComplete =>
        {
            // Nothing is synced any more when it is complete.
            if (isComplete) _handedOver = handOver;
            else _mayChange.Writer.TryWrite(true);
        });
    }

    /// <summary>What clients of UDP have asked here is answered from here.</summary>
    private async Task WaitForAnswersAsync(CancellationToken abort)
    {
        if (_handedOver is not { MustAnswer: true }) return;
        await Task.Delay(Earlier(LastAnswers, _options.DrainTimeout), _time, abort).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Marks; the sync loop applies. Whatever came in between is overtaken by the newest.</summary>
    private async Task ReadAsync(IServiceSource source, CancellationToken stop)
    {
        await foreach (var table in source.WatchAsync(stop).WithCancellation(stop))
        {
            _queue.Put(table);
            Wake();
        }
    }

    private void ReportLoop(ServicePortName service, string message)
    {
        _log.LoopFound(service, message);
        Report(new ServiceProblem(service, ServiceProblem.EndpointLoop, message));
    }

    private void Report(ServiceProblem problem) => ProblemFound?.Invoke(problem);

    private void Wake() => _wake.Writer.TryWrite(true);

    private async Task SyncLoopAsync(Task reading, CancellationToken stop)
    {
        _services.Own.Refresh();
        _addressesReadAt = _time.GetTimestamp();
        while (!stop.IsCancellationRequested)
        {
            await WaitForWorkAsync(reading, stop);
            if (stop.IsCancellationRequested || !await TryHoldAsync(stop)) return;
            try
            {
                await SyncAsync(_queue.Take(), stop);
            }
            finally
            {
                _mayChange.Writer.TryWrite(true);
            }

            // A source that nobody stopped ends only by an exception: the last good state would go stale in silence, so say it and end.
            if (reading.IsCompleted && !stop.IsCancellationRequested) await reading;
        }
    }

    /// <summary>False when it is stopped before a hand-over that is under way has come to nothing.</summary>
    private async Task<bool> TryHoldAsync(CancellationToken stop)
    {
        try
        {
            return await _mayChange.Reader.ReadAsync(stop);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>
    /// Or until the source has ended. Its report is not waited for: a waiter that is woken before the task has ended sees it alive, and looks again 30 s later.
    /// </summary>
    private async Task WaitForWorkAsync(Task reading, CancellationToken stop)
    {
        using var wait = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var woken = _wake.Reader.WaitToReadAsync(wait.Token).AsTask();
        var due = Task.Delay(UntilNextTry(), _time, wait.Token);
        await (reading.IsCompletedSuccessfully ? Task.WhenAny(woken, due) : Task.WhenAny(woken, due, reading));
        await wait.CancelAsync();
        _wake.Reader.TryRead(out _);
    }

    private TimeSpan UntilNextTry()
    {
        long now = _time.GetTimestamp();
        var next = UntilAddressesAreOld;
        // While they are read still they are not read once more.
        if (next <= TimeSpan.Zero && !_readingAddresses.IsCompleted) next = AddressesAreFreshFor;
        if (_syncFailed) next = Earlier(next, FailedSyncRetry);
        if (_slots.RetryAt is { } slots) next = Earlier(next, _time.GetElapsedTime(now, slots));
        if (_virtualIPSet.RetryAt is { } addresses) next = Earlier(next, _time.GetElapsedTime(now, addresses));
        return next > TimeSpan.Zero ? next : TimeSpan.Zero;
    }

    private TimeSpan UntilAddressesAreOld => (_addressesAreDue ? AddressesAreFreshFor : AddressesAreReadEvery) - _time.GetElapsedTime(_addressesReadAt);

    private static TimeSpan Earlier(TimeSpan one, TimeSpan other) => one < other ? one : other;

    /// <summary>Applies <paramref name="table"/>, if there is one, and tries again what has failed before.</summary>
    private async Task SyncAsync(ServiceTable? table, CancellationToken stop)
    {
        long startedAt = _time.GetTimestamp();
        try
        {
            if (table is not null && _services.Own.SetPodBlocks(table.Node.PodBlocks)) _addressesChanged = true;
            if (table is not null) _addressesAreDue = true;
            RefreshAddresses();
            if (_addressesChanged)
            {
                _addressesChanged = false;
                _slots.NodeChanged();
                _entries.NodeChanged();
            }

            if (table is not null)
            {
                _virtualIPSet.TableIsKnown();
                _entries.Merge(table);
                // Before the first client of a new Service.
                await _sourceUse.BeginAsync(table, () => _slots.ReconcileAsync(IsForSource), stop);
            }

            _sourceUse.ReportNotKept(table ?? _applied);
            await _slots.ReconcileAsync();
            await _virtualIPSet.ApplyAsync(stop);
            while (!IsSynced && _slots.Waits)
            {
                // The predecessor closes one port after another; when it has left, nothing waits for it any more.
                await Task.WhenAny(_services.Shared.Left, Task.Delay(LeftPortsAreLookedAtEvery, _time, stop));
                stop.ThrowIfCancellationRequested();
                _slots.RetryNow();
                await _slots.ReconcileAsync();
            }

            _services.Sources.VirtualIPs = _virtualIPSet.Wanted;
            if (table is not null || IsSynced) Listening?.Invoke(_slots.ReadSockets());
            _syncFailed = false;
            if (table is not null) TableIsApplied(table, _time.GetElapsedTime(startedAt));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // What is half applied is taken down next.
        }
        catch (Exception exception)
        {
            _syncFailed = true;
            _log.SyncFailed(exception, table?.Revision ?? Revision);
        }
    }

    private static bool IsForSource(ListenerSlot slot) => slot.Owner is { } owner && SourcePolicy.IsWanted(owner.Entry.Declared);

    private bool IsSynced => _firstSync.Task.IsCompleted;

    private void TableIsApplied(ServiceTable table, TimeSpan duration)
    {
        _applied = table;
        _queue.Applied();
        _log.Synced(table.Revision, table.Ports.Count, _entries.Endpoints, _slots.Running, _slots.Failed, duration.TotalMilliseconds);
        if (_firstSync.TrySetResult() && _inherited is not null)
        {
            // Inherited sockets that no Service declares are closed by now, and may have been in the way.
            _slots.RetryNow();
            Wake();
        }

        Applied?.Invoke(new AppliedTable(table, duration));
    }

    /// <summary>
    /// Reads the node's addresses on another thread: with many interfaces it takes longer than a sync. A change is taken up by the next turn. What is still
    /// fresh is read when it no longer is: see <see cref="UntilNextTry"/>.
    /// </summary>
    private void RefreshAddresses()
    {
        if (!_readingAddresses.IsCompleted || UntilAddressesAreOld > TimeSpan.Zero) return;
        _addressesReadAt = _time.GetTimestamp();
        _addressesAreDue = false;
        _readingAddresses = Task.Run(() =>
        {
            if (!_services.Own.Refresh()) return;
            _addressesChanged = true;
            Wake();
        });
    }
}
