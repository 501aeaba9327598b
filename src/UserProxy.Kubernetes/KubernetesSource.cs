using System.Collections.Concurrent;
using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Client;
using UserProxy.Kubernetes.Client.Access;
using UserProxy.Kubernetes.Objects;
using UserProxy.Model;

namespace UserProxy.Kubernetes;

/// <summary>
/// Services from the Kubernetes API: follows Services, EndpointSlices and this node, and serves the last known state for as long as the
/// server is away. For one enumeration; nothing runs outside of it.
/// </summary>
public sealed class KubernetesSource : IServiceSource
{
    /// <summary>A Service comes with its slices, and a rollout is many events: what follows this closely is taken along.</summary>
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(5);

    /// <summary>However long a table takes to make, changes are not held back for longer.</summary>
    private static readonly TimeSpan MaxInterval = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan AddressPoll = TimeSpan.FromSeconds(1);

    private readonly ApiClient _client;
    private readonly BuildOptions _options;
    private readonly LocalAddressReader _localAddresses;
    private readonly TimeProvider _time;
    private readonly ILogger<KubernetesSource> _logger;

    private readonly Channel<StoreChange> _changes = Channel.CreateBounded<StoreChange>(new BoundedChannelOptions(1024) { SingleReader = true });
    private readonly ClusterCache _cache;
    private readonly Reflector<ServiceObject, ServiceObject> _serviceReflector;
    private readonly Reflector<EndpointSliceObject, SliceReading> _sliceReflector;
    private readonly Reflector<NodeObject, NodeObject> _nodeReflector;
    private readonly ConcurrentDictionary<ObjectId, string> _uids = new();
    private IReadOnlyList<IPAddress> _addresses = [];
    private long _addressesReadAt;
    private bool _servicesListed;
    private bool _slicesListed;
    private bool _nodeKnown;
    private bool _nodeUnknownSaid;

    /// <param name="client">Shared with an EventReporter; disposed of by the caller, after the enumeration.</param>
    /// <param name="options">Its local addresses are replaced by what <paramref name="localAddresses"/> gives.</param>
    /// <param name="localAddresses">Read again every second when the options need them, so that a table follows the node's addresses.</param>
    /// <param name="time">Drives pauses, deadlines and the coalescing.</param>
    /// <param name="random">For jitter.</param>
    /// <param name="logger">Told of issues, and of the API server's state, once per change.</param>
    public KubernetesSource(
        ApiClient client,
        BuildOptions options,
        Func<IReadOnlyList<IPAddress>> localAddresses,
        TimeProvider time,
        Random random,
        ILogger<KubernetesSource> logger)
    {
        _client = client;
        _options = options;
        Changes = new SourceChanges(time.GetUtcNow());
        _cache = new ClusterCache(options, logger, Changes);
        _localAddresses = new LocalAddressReader(options, localAddresses, logger);
        _time = time;
        _logger = logger;
        _serviceReflector = Reflect(ApiResources.Services, ClusterSelectors.Services(options.ServeLabel), service => service, random);
        _sliceReflector = Reflect(ApiResources.EndpointSlices, ClusterSelectors.EndpointSlices, _cache.Slices.Read, random);
        _nodeReflector = Reflect(ApiResources.Nodes, ClusterSelectors.Node(options.NodeName), node => node, random);
        Facts = [_serviceReflector.Facts, _sliceReflector.Facts, _nodeReflector.Facts];
    }

    public string Description => _client.Server.ToString();

    /// <summary>What has been seen and when it is in force, for metrics.</summary>
    public SourceChanges Changes { get; }

    /// <summary>How each resource is followed: services, endpointslices, nodes.</summary>
    public IReadOnlyList<ReflectorFacts> Facts { get; }

    /// <summary>What keeps the API server from being followed now, of the first resource that has such trouble; null when nothing does.</summary>
    public string? Trouble => Facts.FirstOrDefault(facts => facts.Trouble is not null) is { } facts ? $"{facts.Resource}: {facts.Trouble}" : null;

    /// <summary>Least time between two tables; a lone change after that is in effect at once.</summary>
    public TimeSpan MinInterval { get; init; } = TimeSpan.FromMilliseconds(30);

    /// <summary>How long the first table waits for this node's object, once the rest is there.</summary>
    public TimeSpan NodePatience { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>The uid of a Service that exists, for Events about it. From any thread.</summary>
    public string? UidOf(string space, string name) => _uids.GetValueOrDefault(new ObjectId(space, name));

    /// <exception cref="ClusterAccessException">The server forbids what is needed, and has not allowed it before: run cannot start.</exception>
    public async IAsyncEnumerable<ServiceTable> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reflectors = RunReflectorsAsync(stop.Token);
        try
        {
            await foreach (var table in TablesAsync(cancellationToken).ConfigureAwait(false)) yield return table;
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await reflectors.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // its failure came through the channel
        }
    }

    private Reflector<T, TKept> Reflect<T, TKept>(ApiResource<T> resource, Selectors<T> selectors, Func<T, TKept> keep, Random random)
        where T : class =>
        new(_client, resource, selectors, keep, _changes.Writer.WriteAsync, _time, new Random(random.Next()), _logger);

    /// <summary>Ends when one of them does, and takes the reader along: a source that follows half of the cluster must not look alive.</summary>
    private async Task RunReflectorsAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] running = [_serviceReflector.RunAsync(stop.Token), _sliceReflector.RunAsync(stop.Token), _nodeReflector.RunAsync(stop.Token)];
        var first = await Task.WhenAny(running).ConfigureAwait(false);
        try
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        finally
        {
            // Last: one that still had something to tell would take the closed channel for a defect.
            _changes.Writer.TryComplete(first.Exception?.InnerException ?? new OperationCanceledException(cancellationToken));
        }
    }

    private async IAsyncEnumerable<ServiceTable> TablesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var issueLog = new IssueLog(_logger);
        ServiceTable? last = null;
        await FirstSyncAsync(cancellationToken).ConfigureAwait(false);
        while (true)
        {
            long start = _time.GetTimestamp();
            LogUnknownNode();
            var table = _cache.ToTable((last?.Revision ?? 0) + 1);
            issueLog.Report(table.Issues);
            bool isNew = !table.Equals(last);
            Changes.Built(isNew ? table.Revision : null);
            if (isNew)
            {
                KubernetesLog.TableBuilt(_logger, table.Revision, table.Ports.Count, table.Ports.Sum(port => port.Endpoints.Count), table.Issues.Count);
                last = table;
                yield return table;
            }

            await WaitForChangeAsync(start, _time.GetElapsedTime(start), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Nothing is served before Services and slices are known: half of them would refuse what the whole serves.</summary>
    private async Task FirstSyncAsync(CancellationToken cancellationToken)
    {
        if (!ReadLocalAddresses()) _cache.SetLocalAddresses(_addresses); // not those of the options
        while (!_servicesListed || !_slicesListed) Take(await NextAsync(cancellationToken).ConfigureAwait(false));

        using var patience = new CancellationTokenSource(NodePatience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            while (!_nodeKnown) Take(await NextAsync(either.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // It is followed all the same, and comes into the table when it is there.
        }

        Drain();
    }

    private async Task WaitForChangeAsync(long lastBuild, TimeSpan tookLast, CancellationToken cancellationToken)
    {
        while (!await ChangedAsync(cancellationToken).ConfigureAwait(false))
        {
        }

        // The dearer a table is, the more changes share one: half of the time at most is spent on making them.
        var interval = tookLast * 2;
        interval = interval > MaxInterval ? MaxInterval : interval;
        if (interval < MinInterval) interval = MinInterval;
        var rest = interval - _time.GetElapsedTime(lastBuild);
        await Task.Delay(rest > Gather ? rest : Gather, _time, cancellationToken).ConfigureAwait(false);
        Drain();
        // Events that keep coming must not keep the addresses from being read.
        if (_localAddresses.IsNeeded && _time.GetElapsedTime(_addressesReadAt) >= AddressPoll) ReadLocalAddresses();
    }

    private async Task<bool> ChangedAsync(CancellationToken cancellationToken)
    {
        if (!_localAddresses.IsNeeded)
        {
            Take(await NextAsync(cancellationToken).ConfigureAwait(false));
            return true;
        }

        var rest = AddressPoll - _time.GetElapsedTime(_addressesReadAt);
        using var poll = new CancellationTokenSource(rest > TimeSpan.Zero ? rest : TimeSpan.Zero, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(poll.Token, cancellationToken);
        try
        {
            Take(await NextAsync(either.Token).ConfigureAwait(false));
            return true;
        }
        catch (OperationCanceledException) when (poll.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return ReadLocalAddresses();
        }
    }

    private async ValueTask<StoreChange> NextAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _changes.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException e) when (e.InnerException is { } inner)
        {
            ExceptionDispatchInfo.Throw(inner);
            throw;
        }
    }

    private void Drain()
    {
        // As many as there can be now, and not as many as keep coming.
        for (int i = 0; i < 100_000 && _changes.Reader.TryRead(out var change); i++) Take(change);
    }

    private void Take(StoreChange change)
    {
        switch (change)
        {
            case Replaced<ServiceObject> all:
                _cache.ReplaceServices(all.Items.Values, all.Unreadable);
                foreach (var (id, service) in all.Items) SetUid(id, service);
                foreach (var id in _uids.Keys.Where(id => !all.Items.ContainsKey(id) && !all.Unreadable.Contains(id))) _uids.TryRemove(id, out _);
                _servicesListed = true;
                break;
            case Upserted<ServiceObject> one:
                _cache.SetService(one.Item);
                SetUid(one.Id, one.Item);
                break;
            case Deleted<ServiceObject> gone:
                _cache.RemoveService(gone.Id.Namespace, gone.Id.Name);
                _uids.TryRemove(gone.Id, out _);
                break;
            case Replaced<SliceReading> all:
                _cache.ReplaceSlices(all.Items.Values, all.Unreadable);
                _slicesListed = true;
                break;
            case Upserted<SliceReading> one:
                _cache.SetSlice(one.Item);
                break;
            case Deleted<SliceReading> gone:
                _cache.RemoveSlice(gone.Id.Namespace, gone.Id.Name);
                break;
            case Replaced<NodeObject> all:
                // What cannot be read is there all the same, as it was.
                if (all.Unreadable.Count == 0) SetNode(all.Items.Values.FirstOrDefault());
                break;
            case Upserted<NodeObject> one:
                SetNode(one.Item);
                break;
            case Deleted<NodeObject>:
                SetNode(null);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private void SetNode(NodeObject? node)
    {
        _cache.SetNode(node);
        _nodeKnown = node is not null;
    }

    private void SetUid(ObjectId id, ServiceObject service)
    {
        if (service.Metadata.Uid is { Length: > 0 } uid) _uids[id] = uid;
    }

    private void LogUnknownNode()
    {
        if (!_nodeKnown && !_nodeUnknownSaid) KubernetesLog.NodeUnknown(_logger, PrintableText.Of(_options.NodeName));
        _nodeUnknownSaid = !_nodeKnown;
    }

    /// <summary>True when they are not the same as before.</summary>
    private bool ReadLocalAddresses()
    {
        var now = _localAddresses.Read(_addresses);
        _addressesReadAt = _time.GetTimestamp();
        if (now.SequenceEqual(_addresses)) return false;
        _addresses = now;
        _cache.SetLocalAddresses(now);
        return true;
    }
}
