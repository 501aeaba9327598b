using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.Kubernetes.Manifests;
using UserProxy.Kubernetes.Objects;
using UserProxy.Model;

namespace UserProxy.Kubernetes.Building;

/// <summary>
/// The newest Services, EndpointSlices and Node that a source has told of, and which Services they leave to be built anew. A slice is
/// read when it comes and belongs to the Service that its label names, known or not. Fed by one thread; does no I/O.
/// </summary>
public sealed class ClusterCache
{
    private readonly ServiceTableBuilder _builder;
    private readonly SourceChanges? _changes;
    private readonly Dictionary<ObjectId, Entry> _services = [];
    private readonly Dictionary<ObjectId, (ObjectId? Service, ServiceSlice Slice)> _slices = [];
    private readonly HashSet<ObjectId> _changed = [];
    private Dictionary<ObjectId, SourceLine> _unreadEndpoints = [];
    private IReadOnlyList<IPAddress> _localAddresses;
    private NodeObject? _node;
    private bool _nodeChanged;

    /// <param name="options">This node and its configuration.</param>
    /// <param name="logger">Told of defects only; everything else is an issue of the table.</param>
    /// <param name="changes">Told of each change, for metrics.</param>
    internal ClusterCache(BuildOptions options, ILogger? logger = null, SourceChanges? changes = null)
    {
        _changes = changes;
        _builder = new ServiceTableBuilder(options, logger ?? NullLogger.Instance);
        Slices = new SliceReader(options.NodeName, logger ?? NullLogger.Instance);
        _localAddresses = options.LocalAddresses;
    }

    /// <summary>Reads slices for <see cref="SetSlice(SliceReading)"/>.</summary>
    internal SliceReader Slices { get; }

    /// <summary>The table of these objects, in one go. Of two objects with one name the first counts.</summary>
    /// <param name="revision">The revision of the table.</param>
    /// <param name="services">Filtered by label here, whatever the API did before.</param>
    /// <param name="slices">All EndpointSlices, also those of Services that are not served.</param>
    /// <param name="node">This node's object, when it is known.</param>
    /// <param name="options">This node and its configuration.</param>
    /// <param name="sourceIssues">What the source had to complain about, to stand in the same table.</param>
    /// <param name="unreadEndpoints">Endpoints (v1) of manifests, which are not read: to be named where their Service has no slice.</param>
    public static ServiceTable Build(
        long revision,
        IEnumerable<ServiceObject> services,
        IEnumerable<EndpointSliceObject> slices,
        NodeObject? node,
        BuildOptions options,
        IReadOnlyCollection<TableIssue>? sourceIssues = null,
        IReadOnlyDictionary<ObjectKey, SourceLine>? unreadEndpoints = null)
    {
        var cache = new ClusterCache(options);
        if (unreadEndpoints is not null) cache.SetUnreadEndpoints(unreadEndpoints);
        cache.ReplaceServices(services);
        cache.ReplaceSlices(slices);
        cache.SetNode(node);
        return cache.ToTable(revision, sourceIssues);
    }

    /// <summary>Added or updated.</summary>
    internal void SetService(ServiceObject service)
    {
        var key = ServiceReader.KeyOf(service);
        EntryOf(key).Service = service;
        _changed.Add(key);
        _changes?.ServiceChanged();
    }

    internal void RemoveService(string @namespace, string name)
    {
        var key = new ObjectId(@namespace, name);
        if (!_services.TryGetValue(key, out var entry) || entry.Service is null) return;
        entry.Service = null;
        _changed.Add(key);
        _changes?.ServiceChanged();
    }

    /// <summary>A complete list: what is not in it is gone, except <paramref name="unreadable"/>. Of two with one name the first counts.</summary>
    internal void ReplaceServices(IEnumerable<ServiceObject> services, IEnumerable<ObjectId>? unreadable = null)
    {
        var listed = new HashSet<ObjectId>();
        foreach (var service in services)
        {
            if (listed.Add(ServiceReader.KeyOf(service))) SetService(service);
        }

        listed.UnionWith(unreadable ?? []);

        foreach (var key in _services.Keys.Where(key => !listed.Contains(key)).ToList()) RemoveService(key.Namespace, key.Name);
    }

    internal void SetSlice(EndpointSliceObject slice) => SetSlice(Slices.Read(slice));

    /// <summary>Added or updated; its label may have moved it to another Service.</summary>
    internal void SetSlice(SliceReading reading)
    {
        var (key, service, read) = (reading.Key, reading.Service, reading.Slice);
        _slices.TryGetValue(key, out var old);
        if (read is null)
        {
            if (old.Slice is not null) service = old.Service;
            read = ServiceSlice.LastGood(old.Slice, reading.Defect);
        }

        if (old.Slice is not null && old.Service == service && old.Slice.ContentEquals(read)) return;

        _changes?.EndpointsChanged(service, reading.Trigger);
        Detach(key, old.Service);
        _slices[key] = (service, read);
        if (service is not null)
        {
            EntryOf(service.Value).Slices[key] = read;
            _changed.Add(service.Value);
        }

        _builder.Issues.Replace(old.Slice?.Issues, read.Issues);
    }

    internal void RemoveSlice(string @namespace, string name)
    {
        var key = new ObjectId(@namespace, name);
        if (!_slices.Remove(key, out var old)) return;
        Slices.Forget(key);
        _changes?.EndpointsGone(old.Service);
        Detach(key, old.Service);
        _builder.Issues.Replace(old.Slice.Issues, null);
    }

    internal void ReplaceSlices(IEnumerable<EndpointSliceObject> slices) => ReplaceSlices(slices.Select(Slices.Read));

    /// <summary>A complete list: what is not in it is gone, except <paramref name="unreadable"/>. Of two with one name the first counts.</summary>
    internal void ReplaceSlices(IEnumerable<SliceReading> slices, IEnumerable<ObjectId>? unreadable = null)
    {
        var listed = new HashSet<ObjectId>();
        foreach (var slice in slices)
        {
            if (listed.Add(slice.Key)) SetSlice(slice);
        }

        listed.UnionWith(unreadable ?? []);

        foreach (var key in _slices.Keys.Where(key => !listed.Contains(key)).ToList()) RemoveSlice(key.Namespace, key.Name);
    }

    /// <summary>Where there are Endpoints (v1), which manifests may hold and nobody reads; all that there are now.</summary>
    internal void SetUnreadEndpoints(IReadOnlyDictionary<ObjectKey, SourceLine> endpoints)
    {
        var now = endpoints.ToDictionary(pair => new ObjectId(pair.Key.Namespace, pair.Key.Name), pair => pair.Value);
        _changed.UnionWith(_unreadEndpoints.Keys.Union(now.Keys).Where(key => !Equals(_unreadEndpoints.GetValueOrDefault(key), now.GetValueOrDefault(key))));
        _unreadEndpoints = now;
    }

    /// <summary>This node's object, or null when there is none.</summary>
    internal void SetNode(NodeObject? node)
    {
        _node = node;
        _nodeChanged = true;
    }

    /// <summary>The addresses that the node has now.</summary>
    internal void SetLocalAddresses(IReadOnlyList<IPAddress> addresses)
    {
        _localAddresses = addresses;
        _nodeChanged = true;
    }

    /// <summary>The table of everything told so far.</summary>
    internal ServiceTable ToTable(long revision, IReadOnlyCollection<TableIssue>? sourceIssues = null)
    {
        // Which addresses are the node's own, and its zone, may matter to every Service.
        if (_nodeChanged && _builder.SetNode(_node, _localAddresses)) _changed.UnionWith(_services.Keys);
        foreach (var key in _changed)
        {
            var entry = _services.GetValueOrDefault(key);
            _builder.Set(key, entry?.Service, entry is null ? [] : entry.Slices.Values, _unreadEndpoints.GetValueOrDefault(key));
            if (entry is { Service: null, Slices.Count: 0 }) _services.Remove(key);
        }

        _changed.Clear();
        _nodeChanged = false;
        return _builder.ToTable(revision, sourceIssues ?? []);
    }

    private Entry EntryOf(ObjectId key)
    {
        if (!_services.TryGetValue(key, out var entry)) _services.Add(key, entry = new Entry());
        return entry;
    }

    private void Detach(ObjectId slice, ObjectId? service)
    {
        if (service is null || !_services.TryGetValue(service.Value, out var entry)) return;
        entry.Slices.Remove(slice);
        _changed.Add(service.Value);
    }

    /// <summary>One Service name: its object, when there is one, and the slices that name it.</summary>
    private sealed class Entry
    {
        public ServiceObject? Service { get; set; }

        public Dictionary<ObjectId, ServiceSlice> Slices { get; } = [];
    }
}
