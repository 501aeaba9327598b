using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using UserProxy.Linux.Kernel;
using UserProxy.Linux.Netlink;
using UserProxy.Linux.Nft;
using UserProxy.Policy;

namespace UserProxy.Linux.Transparent;

/// <summary>
/// Has endpoints of this node see their clients' addresses: adds the rules, routes and nftables tables by which answers come back, with the first Service that
/// wants it, and keeps them. All or nothing: where one is missing none is used, and what has been added is taken back. Removed at an orderly end, unless a
/// successor has taken over; what a crash has left is taken over by the next run, and removed by <see cref="TransparentCleanup"/>.
/// </summary>
public sealed class TransparentSources : ITransparentSources, IAsyncDisposable
{
    private static readonly TimeSpan RecheckInterval = TimeSpan.FromSeconds(30);

    /// <summary>After a repair, so that a fight with another program costs neither processor nor log.</summary>
    private static readonly TimeSpan RepairPause = TimeSpan.FromSeconds(1);

    /// <summary>For tables that were there: nft may hang, and what leaves under a client's address without them is never answered.</summary>
    private static readonly TimeSpan LongestRepair = TimeSpan.FromSeconds(3);

    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly NftPatience _patience;
    private readonly NftTool _nft;
    private readonly AnswerPaths _paths = new(RouteLookup.WayTo);
    private readonly CancellationTokenSource _stop = new();
    private MarkTables? _tables;
    private BridgedFlows? _flows;
    private AnswerRoutes? _routes;
    private NetworkChanges? _changes;
    private Task _watch = Task.CompletedTask;
    private readonly TaskCompletionSource _tried = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _wake = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _linksChanged;
    private volatile string? _obstacle4, _obstacle6;
    private volatile bool _isReady4, _isReady6, _isLeft;
    private string? _said;

    /// <param name="log">Told of what is added, removed by others, and missing.</param>
    /// <param name="time">For retries.</param>
    /// <param name="nftCommand">The nft(8) program and its first arguments.</param>
    public TransparentSources(ILogger log, TimeProvider time, IReadOnlyList<string>? nftCommand = null)
    {
        (_log, _time) = (log, time);
        _patience = new NftPatience(time, Wake);
        _nft = new NftTool(nftCommand ?? ["nft"], _patience);
    }

    /// <summary>Another process has the same rules, which is about to take over or to be taken over from: what it needs stays, whatever happens.</summary>
    public bool IsLeft
    {
        get => _isLeft;
        set => _isLeft = value;
    }

    public bool IsReady(AddressFamily family) => family == AddressFamily.InterNetworkV6 ? _isReady6 : _isReady4;

    public string? Obstacle(AddressFamily family) => family == AddressFamily.InterNetworkV6 ? _obstacle6 : _obstacle4;

    public AnswerPath PathOf(IPAddress endpoint, IPAddress client) => _paths.Of(endpoint, client);

    public ValueTask UseAsync(CancellationToken cancellation)
    {
        if (_tables is null)
        {
            var flows = _flows = BridgedFlows.Open();
            _tables = new MarkTables(_nft, flows.Read);
            // Not by a task of its own: a socket belongs to the network namespace of the thread that opens it.
            _watch = WatchAsync();
        }

        return new ValueTask(_tried.Task.WaitAsync(cancellation));
    }

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested) return;
        await _stop.CancelAsync();
        await _watch;
        await _patience.DisposeAsync();
        _nft.Longest = NftTool.AtEnd;
        if (_tables is not null && !_isLeft) await RemoveAsync();
        _changes?.Dispose();
        _routes?.Dispose();
        _flows?.Dispose();
        _stop.Dispose();
    }

    /// <summary>Adds what is missing, and says what has changed by it.</summary>
    private async Task EnsureAsync(CancellationToken cancellation)
    {
        bool wasReady = _isReady4 || _isReady6;
        try
        {
            string? refusal = TransparentRight.WhyNot();
            if (refusal is null)
            {
                _changes ??= NetworkChanges.Open();
                _routes ??= AnswerRoutes.Open();
                // What needs no nft first. At the begin it comes after the tables: never half.
                int restored = wasReady ? AddRoutes().Added : 0;
                var (made, tables) = await MakeTablesAsync(wasReady, cancellation);
                if (tables.Succeeded) MarkReady(made || restored > 0);
                else refusal = tables.Reason;
            }

            if (refusal is not null) await MarkRefusedAsync(refusal, wasReady);
        }
        catch (IOException e)
        {
            await MarkRefusedAsync(TransparentRight.Describe(e), wasReady);
        }
    }

    /// <summary>While those that were there are waited for too long no address is kept. What has begun goes on: they may be there.</summary>
    private async Task<(bool Changed, NftOutcome Outcome)> MakeTablesAsync(bool wereThere, CancellationToken cancellation)
    {
        var making = _tables!.MakeAsync(cancellation);
        if (!wereThere) return await making;
        try
        {
            // It ends by itself when it is cancelled.
            return await making.WaitAsync(LongestRepair, _time, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            (_isReady4, _isReady6) = (false, false);
            _log.SourcesNotHad($"nft has not answered for {LongestRepair.TotalSeconds:0} s");
            return await making;
        }
    }

    /// <summary>The tables are there: now what leads to this node by their mark.</summary>
    private void MarkReady(bool changed)
    {
        _paths.Bridges = _tables!.HandsUp ? BridgeLinks.Read().Keys.ToHashSet() : [];
        var (added, problem6) = AddRoutes();
        bool wasReady = _isReady4;
        (_obstacle4, _obstacle6) = (null, problem6);
        (_isReady4, _isReady6) = (true, problem6 is null);
        if (!wasReady) _log.SourcesReady(problem6 is null ? "IPv4 and IPv6" : "IPv4");
        else if (changed || added > 0) _log.SourcesRestored();
        _said = null;
    }

    /// <summary>Of both families, and why not of IPv6, without which there is IPv4.</summary>
    private (int Added, string? Problem6) AddRoutes()
    {
        int added = _routes!.Add(Libc.AF_INET);
        try
        {
            return (added + _routes.Add(Libc.AF_INET6), null);
        }
        catch (IOException e) when (e.HResult != Errno.EPERM)
        {
            return (added, TransparentRight.Describe(e));
        }
    }

    /// <summary>Never half: from now on endpoints see this node, and what has been added goes.</summary>
    private async Task MarkRefusedAsync(string refusal, bool wasReady)
    {
        (_isReady4, _isReady6) = (false, false);
        (_obstacle4, _obstacle6) = (refusal, refusal);
        if (_said == refusal) return;
        _log.SourcesNotHad(refusal);
        _said = refusal;
        // Connections that have begun go on for as long as something of it is there, and so do another process's.
        if (!wasReady && !_isLeft) await RemoveAsync();
    }

    /// <summary>Who may not remove anything has added nothing, and is not told of it: only what is there can be left.</summary>
    private async Task RemoveAsync()
    {
        try
        {
            // Rules first: a mark alone does nothing.
            _routes?.Remove(Libc.AF_INET);
            _routes?.Remove(Libc.AF_INET6);
            var (found, removed) = await MarkTables.RemoveAsync(_nft, CancellationToken.None);
            if (!removed.Succeeded && removed.Problem != NftProblem.Missing && (found > 0 || _tables!.WereThere))
                _log.SourcesLeft($"{MarkScript.Inet} and {MarkScript.Bridge}: {removed.Reason}");
        }
        catch (IOException e)
        {
            if (e.HResult != Errno.EPERM || _tables!.WereThere) _log.SourcesLeft(e.Message);
        }
    }

    private async Task WatchAsync()
    {
        var following = Task.CompletedTask;
        bool isTold = false;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                _linksChanged = false;
                await EnsureAsync(_stop.Token);
                if (following.IsCompleted && _changes is { } changes) following = FollowAsync(changes);
                _tried.TrySetResult();
                if (isTold) await Task.Delay(RepairPause, _time, _stop.Token);
                isTold = await WaitAsync();
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
            }
            catch (Exception exception)
            {
                _log.SourceWatchFailed(exception, RecheckInterval.TotalSeconds);
                if (!_isReady4 && !_isReady6) (_obstacle4, _obstacle6) = (exception.Message, exception.Message);
                _tried.TrySetResult();
                await Task.Delay(RecheckInterval, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        _tried.TrySetResult();
        await following;
    }

    /// <summary>True when the kernel has told of something; false when it is time to look all the same.</summary>
    private async Task<bool> WaitAsync()
    {
        var wake = _wake.Task;
        await Task.WhenAny(wake, Task.Delay(RecheckInterval, _time, _stop.Token));
        if (!wake.IsCompleted) return false;
        _wake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return true;
    }

    /// <summary>Until it fails, which wakes the watcher to begin anew.</summary>
    private async Task FollowAsync(NetworkChanges changes)
    {
        // Of what has changed while nobody followed nobody has been told.
        _paths.Forget();
        try
        {
            await changes.FollowAsync(OnChanged, Wake, _stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
        catch (Exception exception)
        {
            _log.SourceWatchFailed(exception, RepairPause.TotalSeconds);
            Wake();
        }
    }

    private void OnChanged(bool links)
    {
        _paths.Forget();
        if (!links || _linksChanged) return;
        // A bridge may have come.
        _linksChanged = true;
        Wake();
    }

    private void Wake() => Volatile.Read(ref _wake).TrySetResult();
}
