using Microsoft.Extensions.Logging;
using UserProxy.App.Configuration;
using UserProxy.Model;
using UserProxy.Syncing;

namespace UserProxy.App.Snapshots;

/// <summary>
/// What one run does with its <c>--state-dir</c>: serves what the run before it had in force until the source has been listed, and keeps what this one has.
/// Made by the composition root, before anything else is loaded.
/// </summary>
internal sealed class RunSnapshot : IAsyncDisposable
{
    /// <summary>For a disk that hangs: the start does not wait for it any longer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>The longest that the file of a quiet cluster is not written anew.</summary>
    private static readonly TimeSpan LongestRenewal = TimeSpan.FromMinutes(5);

    /// <summary>What two clocks that are right may differ by, or one that is set a little.</summary>
    private static readonly TimeSpan ClockSlack = TimeSpan.FromMinutes(1);

    /// <summary>A start that has lasted so long has not ended by its snapshot; so many in a row that have not, may have.</summary>
    private static readonly TimeSpan WellAfter = TimeSpan.FromMinutes(1);

    private const int MostStarts = 5;

    private readonly SnapshotStore _store;
    private readonly SnapshotKeeper _keeper;
    private readonly TimeSpan _maxAge;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly TaskCompletionSource _inForce = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _end = new();
    private Task<SnapshotReading>? _reading;
    private SnapshotIdentity? _identity;
    private Task _keeping = Task.CompletedTask;
    private string _source = "";

    /// <summary>The table of the snapshot and when it was written; null from the source's first table on.</summary>
    private volatile Snapshot? _served;

    private RunSnapshot(string folder, TimeSpan maxAge, ILogger log, TimeProvider time)
    {
        _store = new SnapshotStore(folder, time);
        _maxAge = maxAge;
        _log = log;
        _time = time;
        var renewal = maxAge / 4;
        _keeper = new SnapshotKeeper(Write, _store.FilePath, renewal < LongestRenewal ? renewal : LongestRenewal, log, time);
    }

    /// <summary>When what is served was written, as long as it is that of the snapshot; null from the source's first table on.</summary>
    public DateTimeOffset? ServedFrom => _served?.WrittenAt;

    /// <summary>How old that is.</summary>
    public TimeSpan? Age => ServedFrom is { } at ? AgeOf(at) : null;

    /// <summary>When the file was last written, in Unix milliseconds; 0 before the first time.</summary>
    public long WrittenAt => _keeper.WrittenAt;

    /// <summary>Writes that have failed.</summary>
    public long WriteFailures => _keeper.Failures;

    /// <summary>That the file is behind, as long as it is.</summary>
    public IEnumerable<TableIssue> Issues(string node) =>
        _keeper.Trouble is { } trouble ? [new TableIssue($"Node {node}", "SnapshotNotWritten", $"{_store.FilePath}: {trouble}")] : [];

    /// <summary>Null without <c>--state-dir</c>. The file is read meanwhile.</summary>
    public static RunSnapshot? Begin(RunOptions options, ILogger log, TimeProvider time)
    {
        if (options.StateDir is not { } folder) return null;
        var snapshot = new RunSnapshot(folder, options.SnapshotMaxAge, log, time);
        snapshot._reading = Task.Factory.StartNew(snapshot.Read, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        return snapshot;
    }

    /// <summary>What this run is to follow: with the snapshot before it, if there is one that is of this <paramref name="identity"/> and not too old.</summary>
    public async Task<IServiceSource> BeforeAsync(IServiceSource source, SnapshotIdentity identity, CancellationToken stop)
    {
        (_identity, _source) = (identity, source.Description);
        var (found, refused, starts) = await FinishReadingAsync(stop);
        refused ??= found is null ? null : WhyNot(found, starts);
        if (refused is not null) _log.SnapshotRefused(_store.FilePath, refused, _source);
        if (refused is not null || found is null) return source;
        _log.SnapshotServed(_store.FilePath, found.WrittenAt, GoDuration.Format(Whole(AgeOf(found.WrittenAt))), _source);
        _served = found;
        return new SnapshotSource(source, found.Table, _inForce.Task, _time);
    }

    /// <summary>Nothing of it is served, as another process serves this node until this one does: that one knows better than a file.</summary>
    public void KeepOnly(IServiceSource source, SnapshotIdentity identity)
    {
        (_identity, _source) = (identity, source.Description);
        _reading = null;
    }

    /// <summary>Whether it is the snapshot's, of which nobody need be told: they were, by the run that wrote it.</summary>
    public bool Is(ServiceTable table) => ReferenceEquals(table, _served?.Table);

    /// <summary>A table is in force. On the Proxier's loop.</summary>
    public void Follow(AppliedTable applied)
    {
        _inForce.TrySetResult();
        if (Is(applied.Table)) return;
        if (_served is not null) _log.SourceServed(_source);
        _served = null;
        _keeper.Keep(applied.Table);
    }

    /// <summary>Keeps what is in force until <paramref name="stop"/>.</summary>
    public void Keep(CancellationToken stop) => _keeping = KeepAsync(stop);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _keeping;
        _end.Dispose();
    }

    private async Task KeepAsync(CancellationToken stop)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, _end.Token);
        var keeping = _keeper.RunAsync(either.Token);
        // An orderly end is well, too.
        await Task.Delay(WellAfter, _time, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await OnDisk(_store.ForgetStarts).WaitAsync(Patience, _time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await keeping;
    }

    private SnapshotReading Read()
    {
        var reading = _store.Read();
        return reading.Found is null ? reading : reading with { Starts = _store.CountStart() };
    }

    private async Task<SnapshotReading> FinishReadingAsync(CancellationToken stop)
    {
        var reading = _reading!;
        // Its table is not to be held for as long as the run lasts.
        _reading = null;
        try
        {
            return await reading.WaitAsync(Patience, _time, stop);
        }
        catch (TimeoutException)
        {
            return new SnapshotReading(null, $"it could not be read within {Patience.TotalSeconds:0} s");
        }
    }

    private string? WhyNot(Snapshot found, int starts)
    {
        if (found.Identity.DifferenceFrom(_identity!) is { } difference) return difference;
        var age = AgeOf(found.WrittenAt);
        if (age < -ClockSlack) return $"it was written at {found.WrittenAt:u}, which is yet to come: the clock has been set back, so nobody knows its age";
        // Whatever it is that ends them, one that waits for the source may live.
        if (starts > MostStarts) return $"the last {starts - 1} processes that started with it ended within a minute";
        return age > _maxAge ? $"it is {GoDuration.Format(Whole(age))} old, and --snapshot-max-age is {GoDuration.Format(_maxAge)}" : null;
    }

    private TimeSpan AgeOf(DateTimeOffset writtenAt) => _time.GetUtcNow() - writtenAt;

    private void Write(ServiceTable table)
    {
        _store.Write(new Snapshot(_identity!, _time.GetUtcNow(), table));
        _store.ForgetStarts();
    }

    /// <summary>On a thread of its own, which a disk that hangs may keep.</summary>
    private static Task OnDisk(Action work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static TimeSpan Whole(TimeSpan age) => TimeSpan.FromSeconds(Math.Max(0, Math.Round(age.TotalSeconds)));
}
