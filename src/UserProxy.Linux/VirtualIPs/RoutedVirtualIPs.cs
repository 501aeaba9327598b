using System.Net;
using Microsoft.Extensions.Logging;
using UserProxy.Linux.Host;
using UserProxy.Linux.Kernel;
using UserProxy.Linux.Nft;
using UserProxy.Syncing;

namespace UserProxy.Linux.VirtualIPs;

/// <summary>
/// Makes this node own the virtual IPs that it serves: a local route for each (<c>ip route show table local proto 117</c>) and a
/// <see cref="Guard"/> around them. The Proxier's single writer calls <see cref="ApplyAsync"/> when it has closed and bound; a watcher
/// puts back what others remove. Addresses that are local without us are left to their owners. Routes and guard stay when this ends, for the next
/// run (docs/decisions/0013), unless told otherwise; <see cref="VirtualIPCleanup"/> removes them.
/// </summary>
public sealed class RoutedVirtualIPs : IVirtualIPs, IAsyncDisposable
{
    internal const string LockName = "userproxy:virtual-ips";

    private readonly NamespaceLock _owned;
    private readonly RouteSocket _routes;
    private readonly RouteEvents _events;
    private readonly AddressesInUse _inUse;
    private readonly Guard? _guard;
    private readonly NftPatience _patience;
    private readonly NftTool _nft;
    private readonly VirtualIPOptions _options;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _gate = new(1);
    private readonly CancellationTokenSource _stop;
    private Task _watch = Task.CompletedTask, _repair = Task.CompletedTask;

    // Sets are replaced, never changed: some are read without the gate.
    private HashSet<IPAddress> _given = [];
    private volatile HashSet<IPAddress> _wanted = [];
    private HashSet<IPAddress> _installed = [];
    private HashSet<IPAddress> _special = [];
    private HashSet<IPAddress> _leaving = [];

    /// <summary>Those of the wanted addresses that are local without us, so that they can be bound and have neither route nor guard of ours.</summary>
    private HashSet<IPAddress> _foreign = [];

    private bool _watches, _applied, _inStep, _saidUnguarded;
    private volatile bool _isLeft;
    private string? _trouble;

    /// <summary>What a former run has left, while it has no guard of this one.</summary>
    private List<IPAddress> _former = [];

    private RoutedVirtualIPs(
        NamespaceLock owned, RouteSocket routes, RouteEvents events, AddressesInUse inUse, Guard? guard, NftTool nft, NftPatience patience,
        CancellationTokenSource stop, VirtualIPOptions options, ILogger log, TimeProvider time)
    {
        (_owned, _routes, _events, _inUse) = (owned, routes, events, inUse);
        (_guard, _nft, _patience, _stop) = (guard, nft, patience, stop);
        (_options, _log, _time) = (options, log, time);
    }

    /// <summary>
    /// One owner in a network namespace: two would remove each other's routes as leftovers. Null when another holds it, under whatever user it may change
    /// routes. The executable's own lock is by admin socket, of which there may be several.
    /// </summary>
    /// <exception cref="IOException">It cannot be told.</exception>
    internal static NamespaceLock? TryOwn(TimeProvider time, out LockHolder holder)
    {
        try
        {
            return NamespaceLock.TryTake(LockName, other => other.IsNetworkAdmin, time, out holder);
        }
        catch (IOException e)
        {
            throw new IOException($"the lock of virtual IPs cannot be taken: {e.Message}", e);
        }
    }

    /// <summary>
    /// Finds out, without leaving a trace, whether this process may serve virtual IPs, and opens them: sets up the guard, around what a former run left too,
    /// and starts the watcher. An nft that hangs is not waited for: virtual IPs are served as soon as it answers. Never throws for what the surroundings lack,
    /// nor when it is cancelled. No route changes before the first <see cref="ApplyAsync"/>.
    /// </summary>
    public static async Task<VirtualIPsOpening> OpenAsync(VirtualIPOptions options, ILogger log, TimeProvider time, CancellationToken cancellation)
    {
        if (!OperatingSystem.IsLinux()) return VirtualIPsOpening.Failed(VirtualIPObstacle.NoRoutes, "virtual IPs need Linux");
        NamespaceLock? owned = null;
        RouteSocket? routes = null;
        RouteEvents? events = null;
        AddressesInUse? inUse = null;
        try
        {
            // All sockets before the first await: they belong to the network namespace of the calling thread.
            owned = options.Inherited;
            if (owned is null && (owned = TryOwn(time, out var holder)) is null)
                return VirtualIPsOpening.Failed(VirtualIPObstacle.InUse, $"another userproxy ({holder}) serves the virtual IPs of this node: stop it first");
            routes = RouteSocket.Open();
            events = RouteEvents.Open();
            inUse = AddressesInUse.Open();
            if (routes.WhyNotPermitted() is { } reason) return VirtualIPsOpening.Failed(VirtualIPObstacle.NoRoutes, reason);
            var left = routes.Dump();
            RoutedVirtualIPs? opened = null;
            var patience = new NftPatience(time, () => opened!.StartRepair());
            var nft = new NftTool(options.NftCommand, patience) { Longest = options.NftLongest ?? NftTool.AtStart };
            var stop = new CancellationTokenSource();
            Guard? guard = new(nft, stop.Token);
            // What a former run left is guarded before anything else; without that nothing is made before the first address is wanted.
            List<IPAddress> former = [.. left.Ours.Except(left.Foreign)];
            var guarded = former.Count > 0 && options.Inherited is null ? await guard.CreateAsync(former, cancellation) : await guard.CheckAsync(cancellation);
            nft.Longest = options.NftLongest ?? NftTool.Usual;
            bool hangs = guarded.Problem == NftProblem.TimedOut;
            if (hangs)
            {
                log.VirtualIPsLater(guarded.Reason);
            }
            else if (!guarded.Succeeded)
            {
                if (!options.AllowUnguarded) return VirtualIPsOpening.Failed(VirtualIPObstacle.NoGuard, guarded.Reason);
                log.Unguarded(guarded.Reason);
                guard = null;
            }

            opened = new RoutedVirtualIPs(owned, routes, events, inUse, guard, nft, patience, stop, options, log, time)
            {
                _former = hangs && options.Inherited is null ? former : [],
            };
            (owned, routes, events, inUse) = (null, null, null, null);
            if (options.Inherited is null) opened.Watch();
            return VirtualIPsOpening.Done(opened);
        }
        catch (IOException e)
        {
            return VirtualIPsOpening.Failed(VirtualIPObstacle.NoRoutes, e.Message);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return VirtualIPsOpening.Failed(VirtualIPObstacle.Cancelled, "the process was told to stop while virtual IPs were set up");
        }
        finally
        {
            routes?.Dispose();
            events?.Dispose();
            inUse?.Dispose();
            owned?.Dispose();
        }
    }

    /// <summary>
    /// Makes exactly <paramref name="wanted"/> local to this node: guard before route, and route gone before guard. One that is wanted no more stays for as
    /// long as connections to it go on (docs/decisions/0063). The set is copied. A call with the addresses of the last one only compares them. Conflicts with
    /// addresses that are local already are logged, not thrown.
    /// </summary>
    /// <exception cref="IOException">Some addresses are not as wanted, and why. The next call tries again, also with the same set.</exception>
    public async ValueTask ApplyAsync(IReadOnlySet<IPAddress> wanted, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_given.SetEquals(wanted))
            {
                if (_inStep) return;
            }
            else
            {
                Take(wanted);
            }

            _applied = true;
            Watch();
            await SyncAsync(cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>The right to change routes and guard, for a successor that has it, too, from then on.</summary>
    public NamespaceLock Ownership => _owned;

    /// <summary>
    /// Somebody is about to take over: whatever happens, routes and guard are left to him. False when he has gone without having done so.
    /// </summary>
    public bool IsLeft
    {
        get => _isLeft;
        set => _isLeft = value;
    }

    /// <summary>Changes nothing until <see cref="Resume"/>, or for good: another process decides.</summary>
    public Task SuspendAsync(CancellationToken cancellation) => _gate.WaitAsync(cancellation);

    public void Resume() => _gate.Release();

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested) return;
        await _stop.CancelAsync();
        await _watch;
        await _patience.DisposeAsync();
        await _repair;
        _nft.Longest = _options.NftLongest ?? NftTool.AtEnd;
        if (_options.RemoveAtEnd && !_isLeft) await RemoveAsync();
        if (_guard is not null) await _guard.WaitForListingAsync();
        _events.Dispose();
        _inUse.Dispose();
        _routes.Dispose();
        _gate.Dispose();
        _stop.Dispose();
        _owned.Dispose();
    }

    private void Watch()
    {
        if (_watches) return;
        _watches = true;
        _watch = WatchAsync();
    }

    /// <summary>Routes first: a virtual IP is never without its guard. What stays is said, and <c>userproxy cleanup</c> is for it.</summary>
    private async Task RemoveAsync()
    {
        try
        {
            var kept = _routes.Change(RouteChange.Remove, _routes.Dump().Ours);
            kept.RemoveAll(failure => failure.Errno == Errno.ESRCH);
            if (kept.Count > 0) throw new IOException($"{kept.Count} former virtual IPs are still local; {kept[0]}");
            if (_guard is not null && await _guard.RemoveAsync(CancellationToken.None) is { Succeeded: false } left) throw new IOException(left.Reason);
        }
        catch (IOException e)
        {
            _log.VirtualIPsLeft(e.Message);
        }
    }

    private void Take(IReadOnlySet<IPAddress> wanted)
    {
        _given = [.. wanted];
        HashSet<IPAddress> special = [.. _given.Where(address => VirtualIPRange.Normalise(address) is null)];
        var news = special.Except(_special).ToList();
        if (news.Count > 0) _log.AddressesSpecial(news.Count, news[0]);
        _special = special;
        _wanted = [.. _given.Select(VirtualIPRange.Normalise).OfType<IPAddress>()];
    }

    /// <summary>Makes routes and guard equal to what is wanted, from what the kernel says is there.</summary>
    private async Task SyncAsync(CancellationToken cancellation)
    {
        _inStep = false;
        long start = _time.GetTimestamp();
        var table = _routes.Dump();
        SetForeign([.. _wanted.Where(table.Foreign.Contains)]);
        HashSet<IPAddress> own = [.. _wanted.Except(_foreign)];
        IPAddress[] unwanted = [.. table.Ours.Except(own)];
        // One that an interface has taken is local without us.
        SetLeaving(_inUse.Among([.. unwanted.Except(table.Foreign)]));
        IPAddress[] extra = [.. unwanted.Except(_leaving)];
        IPAddress[] missing = [.. own.Except(table.Ours)];
        IPAddress[] lost = [.. missing.Where(_installed.Contains)];
        _installed = [.. own.Where(table.Ours.Contains)];

        var kept = _routes.Change(RouteChange.Remove, extra);
        kept.RemoveAll(failure => failure.Errno == Errno.ESRCH);
        // What is still local stays guarded.
        HashSet<IPAddress> guarded = [.. own, .. _leaving, .. kept.Select(failure => failure.Address)];
        if (_guard is not null && await _guard.SetAsync(guarded, cancellation) is { Succeeded: false } unguarded) ServeUnguarded(unguarded);
        var refused = _routes.Change(RouteChange.Add, missing);
        _installed = [.. own.Except(refused.Select(failure => failure.Address))];

        int back = lost.Count(_installed.Contains);
        if (back > 0) _log.RoutesRestored(back, lost.First(_installed.Contains));
        int added = missing.Length - refused.Count - back;
        int removed = extra.Length - kept.Count;
        if (added > 0 || removed > 0) _log.VirtualIPsApplied(added, removed, _installed.Count, (long)_time.GetElapsedTime(start).TotalMilliseconds);
        if (refused.Count > 0) throw new IOException($"{refused.Count} of {own.Count} virtual IPs could not be made local; {refused[0]}");
        if (kept.Count > 0) throw new IOException($"{kept.Count} former virtual IPs are still local; {kept[0]}");
        _inStep = true;
    }

    /// <summary>Without the guard there is no route, unless that was asked for. Then it comes when nft answers.</summary>
    private void ServeUnguarded(NftOutcome unguarded)
    {
        if (!_options.AllowUnguarded || unguarded.Problem != NftProblem.TimedOut) throw new IOException(unguarded.Reason);
        if (!_saidUnguarded) _log.Unguarded(unguarded.Reason);
        _saidUnguarded = true;
    }

    private void SetForeign(HashSet<IPAddress> foreign)
    {
        var news = foreign.Except(_foreign).ToList();
        var gone = _foreign.Except(foreign).Where(_wanted.Contains).ToList();
        if (news.Count > 0) _log.AddressesForeign(news.Count, news[0]);
        if (gone.Count > 0) _log.AddressesNoLongerForeign(gone.Count, gone[0]);
        _foreign = foreign;
    }

    /// <summary>Looked at again whenever the routes are, at the latest after <see cref="VirtualIPOptions.RecheckInterval"/>.</summary>
    private void SetLeaving(HashSet<IPAddress> leaving)
    {
        var news = leaving.Except(_leaving).ToList();
        if (news.Count > 0) _log.AddressesLeaving(news.Count, news[0]);
        _leaving = leaving;
    }

    private async Task WatchAsync()
    {
        bool failed = false;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                if (failed)
                {
                    await Task.Delay(_options.RecheckInterval, _time, _stop.Token);
                    // What failed may be the waiting itself: something is repaired in each turn.
                    await RepairAsync(withGuard: true, _stop.Token);
                }

                await WatchLoopAsync(_stop.Token);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
            }
            catch (Exception exception)
            {
                failed = true;
                _log.VirtualIPWatchFailed(exception, _options.RecheckInterval.TotalSeconds);
            }
        }
    }

    private async Task WatchLoopAsync(CancellationToken stop)
    {
        long checkedAt = _time.GetTimestamp();
        while (true)
        {
            bool announced = await _events.WaitAsync(Matters, _options.RecheckInterval, _time, stop);
            // Also when route changes never let an interval pass in silence.
            bool due = !announced || _time.GetElapsedTime(checkedAt) >= _options.RecheckInterval;
            if (due) checkedAt = _time.GetTimestamp();
            await RepairAsync(withGuard: due, stop);
            if (announced) await Task.Delay(_options.RepairPause, _time, stop);
        }
    }

    private bool Matters(LocalRoute route, bool gone, uint port) => port != _routes.Port && _wanted.Contains(route.Address) && (gone || !route.IsOurs);

    private async Task RepairAsync(bool withGuard, CancellationToken stop)
    {
        await _gate.WaitAsync(stop);
        try
        {
            if (withGuard && _guard is not null) await RepairGuardAsync(_guard, stop);
            // Until the cluster is known, what a former run left stays.
            if (_applied) await SyncAsync(stop);
            if (_trouble is not null) _log.VirtualIPsKeptAgain();
            _trouble = null;
        }
        catch (IOException e)
        {
            if (_trouble != e.Message) _log.VirtualIPsNotKept(e.Message, _options.RecheckInterval.TotalSeconds);
            _trouble = e.Message;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>nft answers again, after it has hung.</summary>
    private void StartRepair() => _repair = RepairAfterAsync();

    private async Task RepairAfterAsync()
    {
        try
        {
            await RepairAsync(withGuard: true, _stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
        catch (Exception exception)
        {
            _log.VirtualIPWatchFailed(exception, _options.RecheckInterval.TotalSeconds);
        }
    }

    private async Task RepairGuardAsync(Guard guard, CancellationToken stop)
    {
        if (_former.Count > 0 && !_applied && !guard.IsMade)
        {
            if (await guard.CreateAsync(_former, stop) is { Succeeded: false } refused) throw new IOException(refused.Reason);
            return;
        }

        var (repaired, outcome) = await guard.RepairAsync(stop);
        if (!outcome.Succeeded) throw new IOException(outcome.Reason);
        if (repaired) _log.GuardRestored(guard.Count);
    }
}
