using System.Runtime.CompilerServices;
using UserProxy.Model;

namespace UserProxy.App.Snapshots;

/// <summary>
/// A source whose first table is that of the snapshot: it is served at once, and nothing of the source is started before it is. From then on it is the source
/// and nothing else. For one enumeration.
/// </summary>
/// <param name="inner">What is followed.</param>
/// <param name="first">The table of the snapshot; forgotten when it has been handed out.</param>
/// <param name="inForce">Completes when a table is in force.</param>
/// <param name="time">For patience.</param>
internal sealed class SnapshotSource(IServiceSource inner, ServiceTable first, Task inForce, TimeProvider time) : IServiceSource
{
    /// <summary>Ports that cannot be had must not keep the source from being followed.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private ServiceTable? _first = first;

    public string Description => inner.Description;

    public async IAsyncEnumerable<ServiceTable> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _first, null) is { } snapshot)
        {
            yield return snapshot;
            await Task.WhenAny(inForce, Task.Delay(Patience, time, cancellationToken)).ConfigureAwait(false);
        }

        await foreach (var table in inner.WatchAsync(cancellationToken).ConfigureAwait(false)) yield return table;
    }
}
