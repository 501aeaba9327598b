using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Manifests;
using UserProxy.Model;

namespace UserProxy.Kubernetes;

/// <summary>
/// Services from manifest files and folders, reloaded when they change: a full sibling of the Kubernetes API. Each enumeration watches
/// for itself; nothing runs outside of one.
/// </summary>
public sealed class ManifestSource : IServiceSource
{
    /// <summary>An editor's save or a rollout is many events: they are taken together when it has been quiet for this long...</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(50);

    /// <summary>...but a folder that never rests is read at least this often.</summary>
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(1);

    private readonly IReadOnlyList<string> _paths;
    private readonly BuildOptions _options;
    private readonly LocalAddressReader _localAddresses;
    private readonly TimeProvider _time;
    private readonly ILogger<ManifestSource> _logger;
    private volatile ManifestTrouble? _trouble;

    /// <param name="paths">Files, and folders whose <c>*.yaml</c>, <c>*.yml</c> and <c>*.json</c> are read (not those of their subfolders).</param>
    /// <param name="options">Its local addresses are replaced by what <paramref name="localAddresses"/> gives.</param>
    /// <param name="localAddresses">Read again at every look, so that a table follows the node's addresses.</param>
    /// <param name="time">Drives the poll and the coalescing.</param>
    /// <param name="logger">Told of each issue once per change.</param>
    public ManifestSource(
        IReadOnlyList<string> paths,
        BuildOptions options,
        Func<IReadOnlyList<IPAddress>> localAddresses,
        TimeProvider time,
        ILogger<ManifestSource> logger)
    {
        _paths = paths;
        _options = options;
        _localAddresses = new LocalAddressReader(options, localAddresses, logger);
        _time = time;
        _logger = logger;
        Changes = new SourceChanges(time.GetUtcNow());
    }

    /// <summary>What has been seen and when it is in force, for metrics.</summary>
    public SourceChanges Changes { get; }

    public string Description => string.Join(", ", _paths);

    /// <summary>What of the files cannot be read now and since when; null when all can. What it last held is served. From any thread.</summary>
    public ManifestTrouble? Trouble => _trouble;

    public async IAsyncEnumerable<ServiceTable> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var files = new ManifestFiles(_paths, _time);
        var cache = new ClusterCache(_options, _logger, Changes);
        var issueLog = new IssueLog(_logger);
        var notes = new HashSet<(string, string)>();
        var addresses = _localAddresses.Read([]);
        ServiceTable? last = null;
        (ManifestState?, IReadOnlyList<IPAddress>) builtFrom = default;

        // The watch is armed before the first look: what changes in between is seen twice rather than never.
        using var watch = new ManifestWatch(_paths, _time, _logger);
        while (true)
        {
            var state = files.Refresh();
            NoteTrouble(state);
            if (builtFrom != (state, addresses))
            {
                builtFrom = (state, addresses);
                var table = Build(cache, state, addresses, (last?.Revision ?? 0) + 1);
                foreach (var note in state.Notes.Where(note => notes.Add((note.File, note.Message)))) KubernetesLog.ManifestNote(_logger, note.ToString());
                issueLog.Report(table.Issues);
                bool isNew = !table.Equals(last);
                Changes.Built(isNew ? table.Revision : null);
                if (isNew)
                {
                    KubernetesLog.TableBuilt(_logger, table.Revision, table.Ports.Count, table.Ports.Sum(port => port.Endpoints.Count), table.Issues.Count);
                    last = table;
                    yield return table;
                }
            }

            addresses = await WaitForChangeAsync(files, watch, addresses, cancellationToken).ConfigureAwait(false);
        }
    }

    private void NoteTrouble(ManifestState state)
    {
        var unread = state.Problems.Where(problem => problem.IsFault && problem.Subject is null).ToList();
        if (unread.Count == 0)
        {
            _trouble = null;
            return;
        }

        string more = unread.Count == 1 ? "" : $", and {unread.Count - 1} more";
        _trouble = new ManifestTrouble($"{unread[0]}{more}", _trouble?.Since ?? _time.GetUtcNow());
    }

    private ServiceTable Build(ClusterCache cache, ManifestState state, IReadOnlyList<IPAddress> addresses, long revision)
    {
        cache.ReplaceServices(state.Services);
        cache.ReplaceSlices(state.EndpointSlices);
        cache.SetUnreadEndpoints(state.Endpoints);
        cache.SetNode(state.NodeNamed(_options.NodeName));
        cache.SetLocalAddresses(addresses);
        var table = cache.ToTable(revision, state.Issues);
        var diagnosis = ServiceDiagnosis.Of(state, table);
        return diagnosis.Count == 0 ? table : cache.ToTable(revision, [.. state.Issues, .. diagnosis]);
    }

    /// <summary>Comes back when it is worth refreshing, with the node's addresses as they are then.</summary>
    private async Task<IReadOnlyList<IPAddress>> WaitForChangeAsync(
        ManifestFiles files, ManifestWatch watch, IReadOnlyList<IPAddress> addresses, CancellationToken cancellationToken)
    {
        while (true)
        {
            await watch.WaitAsync(cancellationToken).ConfigureAwait(false);
            long start = _time.GetTimestamp();
            bool changed = files.Look();
            bool moving;
            do
            {
                // Waited for even when nothing of ours has changed: the events of a busy folder must not keep this loop busy.
                await Task.Delay(Quiet, _time, cancellationToken).ConfigureAwait(false);
                moving = files.LooksDifferent();
                changed |= moving;
            }
            while (moving && _time.GetElapsedTime(start) < MaxDelay);

            var now = _localAddresses.Read(addresses);
            if (!now.SequenceEqual(addresses)) return now;
            if (changed) return addresses; // the same object: only the files can have changed
        }
    }
}

/// <summary>Files that cannot be read, as a whole or in part.</summary>
/// <param name="Message">The first, with what is wrong, and how many more.</param>
/// <param name="Since">When the first was met.</param>
public sealed record ManifestTrouble(string Message, DateTimeOffset Since);
