using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using UserProxy.Model;
using UserProxy.Scheduling;
using UserProxy.Tcp;

namespace UserProxy;

/// <summary>
/// Makes the running listeners equal to the newest <see cref="ServiceTable"/>: binds what is new, updates what is kept, stops what is gone. The
/// single writer of everything that connections read; created and run once by the executable.
/// </summary>
public sealed class Proxier
{
    /// <summary>Up to this many opened or closed listeners in one sync are logged one by one at Information.</summary>
    private const int ChangesToName = 20;

    /// <summary>How long the connections that a drain resets may take to be gone: one that is dialling looks up when its dial has ended.</summary>
    private static readonly TimeSpan LongestReset = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan FailedSyncRetry = TimeSpan.FromSeconds(1);

    private readonly ProxyOptions _options;
    private readonly ConnectionServices _services;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Random _random;
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly TaskCompletionSource _firstSync = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<(ServicePortName, AddressFamily), ServiceEntry> _entries = [];

    /// <summary>Service ports that are no longer declared but still have connections, or had until the last sync.</summary>
    private readonly Dictionary<(ServicePortName, AddressFamily), ServicePortState> _retired = [];

    private volatile ServiceTable? _newest;
    private ServiceTable? _applied;
    private volatile ServiceEntry[] _published = [];

    public Proxier(ITransport transport, ProxyOptions options, TimeProvider time, ILogger<Proxier> log, Random? random = null)
    {
        _options = options;
        _time = time;
        _log = log;
        _random = random ?? Random.Shared;
        Descriptors = new DescriptorBudget(options.DescriptorLimit, options.DescriptorsAtStart);
        _services = new ConnectionServices(transport, Descriptors, new DialGuard(options.AllowLoopbackEndpoints), new AcceptPauses(), time, log);
    }

    public DescriptorBudget Descriptors { get; }

    /// <summary>How often an accept loop had to wait for descriptors or memory.</summary>
    public long AcceptPauses => _services.Pauses.Total;

    /// <summary>Completes when the first table has been applied.</summary>
    public Task FirstSync => _firstSync.Task;

    /// <summary>The revision that is being served; 0 before the first.</summary>
    public long Revision { get; private set; }

    /// <summary>What is served now; from any thread.</summary>
    public IReadOnlyList<ServiceStatus> Services => [.. _published.Select(entry => entry.ToStatus())];

    /// <summary>
    /// Serves what <paramref name="source"/> says until <paramref name="stop"/>, then stops accepting without losing queued clients and lets running
    /// connections go on for the drain timeout, or until <paramref name="abort"/>. Throws what the source throws.
    /// </summary>
    public async Task<DrainReport> RunAsync(IServiceSource source, CancellationToken stop, CancellationToken abort = default)
    {
        using var stopReading = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var reading = ReadAsync(source, stopReading.Token);
        var syncing = SyncLoopAsync(reading, stop);
        await syncing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await stopReading.CancelAsync();
        await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var report = await DrainAsync(abort);
        await syncing;
        return report;
    }

    /// <summary>Marks; the sync loop applies. Whatever came in between is overtaken by the newest.</summary>
    private async Task ReadAsync(IServiceSource source, CancellationToken stop)
    {
        try
        {
            await foreach (var table in source.WatchAsync(stop).WithCancellation(stop))
            {
                _newest = table;
                Wake();
            }
        }
        finally
        {
            Wake();
        }
    }

    private void Wake() => _wake.Writer.TryWrite(true);

    private async Task SyncLoopAsync(Task reading, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await WaitForWorkAsync(stop);
            if (stop.IsCancellationRequested) return;
            if (_newest is { } table && !ReferenceEquals(table, _applied)) await SyncAsync(table);
            await RetryFailedAsync();
            // A source that nobody stopped ends only by an exception: the last good state would go stale in silence, so say it and end.
            if (reading.IsCompleted && !stop.IsCancellationRequested) await reading;
        }
    }

    private async Task WaitForWorkAsync(CancellationToken stop)
    {
        using var wait = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var woken = _wake.Reader.WaitToReadAsync(wait.Token).AsTask();
        var retry = Task.Delay(UntilNextRetry(), _time, wait.Token);
        await Task.WhenAny(woken, retry);
        await wait.CancelAsync();
        _wake.Reader.TryRead(out _);
    }

    private TimeSpan UntilNextRetry()
    {
        // The newest table is not applied: its sync has failed.
        if (_newest is { } table && !ReferenceEquals(table, _applied)) return FailedSyncRetry;
        long next = long.MaxValue;
        foreach (var entry in _entries.Values)
        {
            foreach (var slot in entry.Slots.Values)
            {
                if (slot.HasFailed) next = Math.Min(next, slot.RetryAt);
            }
        }

        if (next == long.MaxValue) return Timeout.InfiniteTimeSpan;
        var due = _time.GetElapsedTime(_time.GetTimestamp(), next);
        return due > TimeSpan.Zero ? due : TimeSpan.Zero;
    }

    private async Task SyncAsync(ServiceTable table)
    {
        long startedAt = _time.GetTimestamp();
        try
        {
            await ApplyAsync(table);
            _applied = table;
            Revision = table.Revision;
            _log.Synced(
                table.Revision,
                table.Ports.Count,
                table.Ports.Sum(port => port.ClusterEndpoints.Count),
                AllSlots().Count(slot => slot.IsRunning),
                AllSlots().Count(slot => slot.HasFailed),
                _time.GetElapsedTime(startedAt).TotalMilliseconds);
            _firstSync.TrySetResult();
        }
        catch (Exception exception)
        {
            _log.SyncFailed(exception, table.Revision);
        }
    }

    private async Task ApplyAsync(ServiceTable table)
    {
        var wanted = new List<(ServiceEntry Entry, bool Serve)>();
        foreach (var port in table.Ports)
        {
            if (port.Name.Protocol == TransportProtocol.Tcp) wanted.Add(UpdateEntry(WithAllowedEndpoints(port)));
        }

        var gone = _entries.Where(pair => table.Find(pair.Key.Item1, pair.Key.Item2) is null).ToList();
        // Ports are freed before others are bound: a NodePort may move from one Service to another in one table.
        var stopping = new List<ListenerSlot>();
        foreach (var (key, entry) in gone)
        {
            Retire(key, entry);
            stopping.AddRange(entry.Slots.Values);
            entry.Slots = new Dictionary<ListenAddress, ListenerSlot>();
        }

        var starting = new List<ListenerSlot>();
        var owners = new HashSet<(IPAddress, int)>();
        foreach (var (entry, serve) in wanted) PlanSlots(entry, serve, owners, stopping, starting);
        await StopAsync(stopping);
        // Before they are bound: not even the first connection may loop.
        SetOwnPorts();
        await StartAsync(starting);
        _published = [.. wanted.Select(pair => pair.Entry)];
        foreach (var key in _retired.Where(pair => pair.Value.Live.IsEmpty).Select(pair => pair.Key).ToList()) _retired.Remove(key);
    }

    private (ServiceEntry Entry, bool Serve) UpdateEntry(ServicePort port)
    {
        var key = (port.Name, port.Family);
        if (!_entries.TryGetValue(key, out var entry))
        {
            var state = _retired.Remove(key, out var retired) ? retired : new ServicePortState(port.Name, new SchedulerCursor((ulong)_random.NextInt64()));
            _entries[key] = entry = new ServiceEntry(port, state);
            Swap(entry, port);
        }
        else if (entry.Declared != port)
        {
            entry.Declared = port;
            Swap(entry, port);
        }

        return (entry, port.ClusterEndpoints.Count > 0);
    }

    private void Swap(ServiceEntry entry, ServicePort port)
    {
        var previous = entry.State.Snapshot?.Endpoints;
        var next = new EndpointSet(port, previous, entry.State.Cursor, _time);
        entry.State.Publish(new ServiceSnapshot(next, port.Settings));
        if (previous is not null) DrainRemoved(entry.State, previous, port.Settings.Drain);
    }

    private void Retire((ServicePortName, AddressFamily) key, ServiceEntry entry)
    {
        _entries.Remove(key);
        _retired[key] = entry.State;
        Swap(entry, entry.Declared with { ClusterEndpoints = [], Endpoints = [] });
    }

    private void DrainRemoved(ServicePortState state, EndpointSet previous, DrainPolicy policy)
    {
        if (policy.After is not { } after) return;
        var removed = new HashSet<EndpointState>();
        foreach (var endpoint in previous.States) removed.Add(endpoint);
        foreach (var endpoint in state.Snapshot!.Endpoints.States) removed.Remove(endpoint);
        if (removed.Count > 0) _ = DrainAfterAsync(state, removed, after);
    }

    private async Task DrainAfterAsync(ServicePortState state, HashSet<EndpointState> removed, TimeSpan after)
    {
        if (after > TimeSpan.Zero) await Task.Delay(after, _time);
        // An endpoint that came back in the meantime keeps its connections.
        foreach (var endpoint in state.Snapshot!.Endpoints.States) removed.Remove(endpoint);
        foreach (var connection in state.Live.ToArray())
        {
            if (connection.Endpoint is { } endpoint && removed.Contains(endpoint)) connection.Drain();
        }
    }

    private ServicePort WithAllowedEndpoints(ServicePort port)
    {
        var allowed = port.ClusterEndpoints.Where(endpoint => _services.Guard.IsAllowedAddress(endpoint.Address)).ToArray();
        if (allowed.Length == port.ClusterEndpoints.Count) return port;
        var narrowed = port with { ClusterEndpoints = new(allowed) };
        if (_entries.GetValueOrDefault((port.Name, port.Family))?.Declared != narrowed)
        {
            foreach (var endpoint in port.ClusterEndpoints.Except(allowed)) _log.EndpointRefused(port.Name, endpoint.EndPoint);
        }

        return narrowed;
    }

    /// <summary>Decides which slots of one service port stay, stop and start; an address that an earlier service port owns is not planned twice.</summary>
    private static void PlanSlots(ServiceEntry entry, bool serve, HashSet<(IPAddress, int)> owners, List<ListenerSlot> stopping, List<ListenerSlot> starting)
    {
        var slots = new Dictionary<ListenAddress, ListenerSlot>();
        foreach (var address in entry.Declared.Listeners)
        {
            if (!owners.Add((address.Address, address.Port))) continue;
            var slot = entry.Slots.TryGetValue(address, out var kept) ? kept : new ListenerSlot(address, entry.State);
            slots[address] = slot;
            if (serve && !slot.IsRunning) starting.Add(slot);
            if (!serve) stopping.Add(slot);
        }

        stopping.AddRange(entry.Slots.Where(pair => !slots.ContainsKey(pair.Key)).Select(pair => pair.Value));
        entry.Slots = slots;
    }

    private async Task StopAsync(List<ListenerSlot> slots)
    {
        var running = slots.Where(slot => slot.IsRunning).ToList();
        await Task.WhenAll(slots.Select(slot => slot.StopAsync()));
        if (running.Count > ChangesToName) return;
        foreach (var slot in running)
        {
            bool declared = _entries.Values.Any(entry => ReferenceEquals(entry.State, slot.Service));
            _log.Closed(slot.Address.EndPoint, slot.Service.Name, declared ? "no usable endpoint, or no longer wanted" : "the Service is gone");
        }
    }

    private async Task StartAsync(List<ListenerSlot> slots)
    {
        foreach (var slot in slots)
        {
            bool started = await slot.StartAsync(_services, Wake);
            if (started && slots.Count <= ChangesToName) _log.Listening(slot.Address.EndPoint, slot.Address.Kind, slot.Service.Name);
        }
    }

    private async Task RetryFailedAsync()
    {
        foreach (var slot in AllSlots().Where(slot => slot.HasDied)) slot.Bury(_services);
        long now = _time.GetTimestamp();
        var due = AllSlots().Where(slot => slot.HasFailed && slot.RetryAt <= now).ToList();
        if (due.Count > 0) await StartAsync(due);
    }

    private IEnumerable<ListenerSlot> AllSlots() => _entries.Values.SelectMany(entry => entry.Slots.Values);

    private void SetOwnPorts() => _services.Guard.SetOwnPorts([.. AllSlots().Select(slot => slot.Address.Port)]);

    private async Task<DrainReport> DrainAsync(CancellationToken abort)
    {
        await Task.WhenAll(AllSlots().Select(slot => slot.StopAsync()));
        ServicePortState[] states = [.. _entries.Values.Select(entry => entry.State), .. _retired.Values];
        // Those accepted last are on their way to be counted; who is missed here would be neither waited for nor reset.
        await WaitUntilAsync(() => states.All(state => state.Live.Arriving == 0), LongestReset, CancellationToken.None);
        int running = states.Sum(state => state.Live.Count);
        if (running == 0) return new DrainReport(0, 0);
        _log.Draining(running, _options.DrainTimeout.TotalSeconds);
        await WaitUntilAsync(() => states.All(state => state.Live.Count == 0), _options.DrainTimeout, abort);
        var left = states.SelectMany(state => state.Live.ToArray()).ToList();
        foreach (var connection in left) connection.Drain();
        // The process may end when this returns, and the kernel would close with FIN what has not been reset by then.
        await WaitUntilAsync(() => states.All(state => state.Live.Count == 0), LongestReset, CancellationToken.None);
        var report = new DrainReport(running - left.Count, left.Count);
        _log.Drained(report.Finished, report.Reset);
        return report;
    }

    private async Task WaitUntilAsync(Func<bool> condition, TimeSpan timeout, CancellationToken abort)
    {
        long deadline = _time.GetTimestamp() + (long)(timeout.TotalSeconds * _time.TimestampFrequency);
        while (!condition() && _time.GetTimestamp() < deadline && !abort.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), _time, abort).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
