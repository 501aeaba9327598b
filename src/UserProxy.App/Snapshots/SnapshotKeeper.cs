using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using UserProxy.Model;

namespace UserProxy.App.Snapshots;

/// <summary>
/// Writes what is in force to the disk: soon after a change, not often, and now and then without one, so that its age says how long nobody was there. On its
/// own loop, and each write on a thread of its own: a disk that is full, read-only or hangs costs a warning. Told of tables by the Proxier's loop.
/// </summary>
/// <param name="write">Throws when it cannot.</param>
/// <param name="path">Of the file, to be said.</param>
/// <param name="renewEvery">A file of a table that does not change is written anew.</param>
/// <param name="log">Told when it fails and when it works again.</param>
/// <param name="time">For pauses.</param>
internal sealed class SnapshotKeeper(Action<ServiceTable> write, string path, TimeSpan renewEvery, ILogger log, TimeProvider time)
{
    /// <summary>Changes come in crowds.</summary>
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(1);

    /// <summary>Between two writes; after one that has failed.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5), Retry = TimeSpan.FromSeconds(10);

    /// <summary>A disk that takes so long for it hangs, as far as one can tell.</summary>
    private static readonly TimeSpan LongestWrite = TimeSpan.FromSeconds(10);

    /// <summary>For the last one, at the end of the process.</summary>
    private static readonly TimeSpan LastWrite = TimeSpan.FromSeconds(2);

    /// <summary>So much of the time at most is spent on writing: one part in so many.</summary>
    private const int LeastRest = 20;

    private readonly Channel<bool> _changed = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private volatile ServiceTable? _newest;
    private ServiceTable? _written;
    private Task _writing = Task.CompletedTask;
    private TimeSpan _took;
    private long _failures;
    private long _writtenAt;
    private volatile string? _trouble;

    /// <summary>Writes that have failed.</summary>
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>Unix time in milliseconds of the last write; 0 before the first.</summary>
    public long WrittenAt => Volatile.Read(ref _writtenAt);

    /// <summary>Why the file is behind; null when it is not.</summary>
    public string? Trouble => _trouble;

    /// <summary>Takes note of what is in force now.</summary>
    public void Keep(ServiceTable table)
    {
        _newest = table;
        _changed.Writer.TryWrite(true);
    }

    /// <summary>Until <paramref name="stop"/>, and then writes what is not written yet, if the disk takes it soon.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await WaitForWorkAsync(stop);
                await WriteAsync(stop);
                await Task.Delay(_trouble is null ? Longer(Pause, _took * LeastRest) : Retry, time, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await WriteLastAsync();
        }
    }

    private async Task WaitForWorkAsync(CancellationToken stop)
    {
        if (_newest is null || ReferenceEquals(_newest, _written))
        {
            using var wait = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var changed = _changed.Reader.WaitToReadAsync(wait.Token).AsTask();
            var due = Task.Delay(_newest is null ? Timeout.InfiniteTimeSpan : renewEvery, time, wait.Token);
            await Task.WhenAny(changed, due);
            await wait.CancelAsync();
            stop.ThrowIfCancellationRequested();
            if (changed.IsCompletedSuccessfully) await Task.Delay(Settle, time, stop);
        }

        _changed.Reader.TryRead(out _);
    }

    private async Task WriteAsync(CancellationToken stop)
    {
        if (_newest is not { } table) return;
        long startedAt = time.GetTimestamp();
        // Whatever becomes of it is told here; one that hangs for good takes a thread, and not one of the pool.
        var writing = Task.Factory.StartNew(() => write(table), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        _writing = writing;
        try
        {
            if (await Task.WhenAny(writing, Task.Delay(LongestWrite, time, stop)) != writing)
            {
                stop.ThrowIfCancellationRequested();
                Fail($"the disk has not taken it for {LongestWrite.TotalSeconds:0} s");
            }

            await writing.WaitAsync(stop);
            _written = table;
            Volatile.Write(ref _writtenAt, time.GetUtcNow().ToUnixTimeMilliseconds());
            // Whoever reads the log finds it so.
            if (Interlocked.Exchange(ref _trouble, null) is not null) log.SnapshotWrittenAgain(path);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Fail(e is IOException or UnauthorizedAccessException ? FileFault.Of(e, path) : e.Message.TrimEnd('.'));
        }

        _took = time.GetElapsedTime(startedAt);
    }

    private async Task WriteLastAsync()
    {
        // That which was under way may be it.
        await _writing.WaitAsync(LastWrite, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_writing.IsCompleted || _newest is not { } last || ReferenceEquals(last, _written)) return;
        var writing = Task.Factory.StartNew(() => write(last), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            await writing.WaitAsync(LastWrite, time);
        }
        catch (Exception e)
        {
            Fail(e is IOException or UnauthorizedAccessException ? FileFault.Of(e, path) : e.Message.TrimEnd('.'));
        }
    }

    /// <summary>Said once until it works again.</summary>
    private void Fail(string reason)
    {
        Interlocked.Increment(ref _failures);
        if (Interlocked.Exchange(ref _trouble, reason) is null) log.SnapshotNotWritten(path, reason);
    }

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
