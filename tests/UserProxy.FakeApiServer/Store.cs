using System.Globalization;
using System.Text.Json.Nodes;

namespace UserProxy.FakeApiServer;

/// <summary>The objects of the cluster with their history, as etcd and the watch cache have them together. Thread-safe.</summary>
internal sealed class Store
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<(string Resource, string Namespace, string Name), JsonObject> _objects = [];
    private readonly List<Change> _changes = [];
    private readonly Dictionary<string, long> _last = new(StringComparer.Ordinal); // of each resource, its last change
    private TaskCompletionSource _changed = NewSignal();
    private long _revision = 1000;
    private long _compacted;
    private long _sequence;

    public long Revision
    {
        get
        {
            lock (_lock) return _revision;
        }
    }

    /// <summary>
    /// What the watch cache of a resource knows as its version: that of its own last change, or where the cache began. Changes elsewhere do not move it.
    /// </summary>
    public long VersionOf(string resource)
    {
        lock (_lock) return Math.Max(_compacted, _last.GetValueOrDefault(resource));
    }

    /// <summary>Versions before this are history.</summary>
    public long Compacted
    {
        get
        {
            lock (_lock) return _compacted;
        }
    }

    public JsonObject? Get(string resource, string space, string name)
    {
        lock (_lock) return _objects.GetValueOrDefault((resource, space, name));
    }

    /// <returns>As it is stored: nobody changes it any more.</returns>
    public JsonObject Apply(string resource, JsonObject item)
    {
        lock (_lock)
        {
            var stored = item.DeepClone().AsObject();
            var meta = stored["metadata"] as JsonObject ?? [];
            stored["metadata"] = meta.Parent is null ? meta : meta.DeepClone();
            meta = stored["metadata"]!.AsObject();
            var key = (resource, Text(meta["namespace"]), Text(meta["name"]));
            var old = _objects.GetValueOrDefault(key);
            meta["resourceVersion"] = (++_revision).ToString(CultureInfo.InvariantCulture);
            meta["uid"] = old?["metadata"]?["uid"]?.DeepClone() ?? Guid.NewGuid().ToString();
            _objects[key] = stored;
            Add(new Change(_revision, resource, old, stored, null));
            return stored;
        }
    }

    public bool Delete(string resource, string space, string name)
    {
        lock (_lock)
        {
            if (!_objects.Remove((resource, space, name), out var old)) return false;
            old = old.DeepClone().AsObject();
            old["metadata"]!["resourceVersion"] = (++_revision).ToString(CultureInfo.InvariantCulture);
            Add(new Change(_revision, resource, old, null, null));
            return true;
        }
    }

    /// <summary>A line that every watch of the resource gets as it is.</summary>
    public void Raw(string resource, string line)
    {
        lock (_lock) Add(new Change(_revision, resource, null, null, line));
    }

    /// <summary>Forgets the history up to now: who watches on from before is told 410.</summary>
    public void Compact()
    {
        lock (_lock)
        {
            _compacted = ++_revision;
        }
    }

    /// <summary>The caches of a server that has been started begin with what is there: nobody can watch on from before.</summary>
    public void Restart()
    {
        lock (_lock) _compacted = _revision;
    }

    /// <summary>Another cluster at the same address: nothing in it, and versions that have nothing to do with the old ones.</summary>
    public void Reset(long revision)
    {
        lock (_lock)
        {
            _objects.Clear();
            _changes.Clear();
            _last.Clear();
            _revision = revision;
            _compacted = revision;
        }
    }

    public (long Revision, List<JsonObject> Items) List(string resource)
    {
        lock (_lock) return (_revision, [.. _objects.Where(pair => pair.Key.Resource == resource).Select(pair => pair.Value)]);
    }

    /// <summary>What has changed since a version, of what has not been asked for yet, and what ends when more does.</summary>
    /// <param name="resource">Of what.</param>
    /// <param name="revision">Changes up to here are known to the client.</param>
    /// <param name="from">The first change that was not given before.</param>
    /// <param name="linesFrom">Raw lines before this were for others.</param>
    public (List<Change> Changes, long Next, Task More) Since(string resource, long revision, long from, long linesFrom)
    {
        lock (_lock)
        {
            // They are in the order of their numbers; a reset may have taken the first ones.
            int start = _changes.Count == 0 ? 0 : (int)Math.Max(0, from - _changes[0].Sequence);
            var found = _changes.Skip(start).Where(change => change.Resource == resource
                && (change.Line is null ? change.Revision > revision : change.Sequence >= linesFrom));
            return ([.. found], _sequence, _changed.Task);
        }
    }

    /// <summary>Counts changes; the number of the next one.</summary>
    public long Sequence
    {
        get
        {
            lock (_lock) return _sequence;
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static string Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : "";

    private void Add(Change change)
    {
        _changes.Add(change with { Sequence = _sequence++ });
        if (change.Line is null) _last[change.Resource] = change.Revision;
        var signal = _changed;
        _changed = NewSignal();
        signal.SetResult();
    }

    internal sealed record Change(long Revision, string Resource, JsonObject? Old, JsonObject? New, string? Line)
    {
        public long Sequence { get; init; }
    }
}
