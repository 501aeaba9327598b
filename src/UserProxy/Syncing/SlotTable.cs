using System.Collections.Concurrent;
using System.Net;
using UserProxy.Counting;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Reading;
using UserProxy.Serving;
using UserProxy.Tcp;

namespace UserProxy.Syncing;

/// <summary>
/// All listener slots, by address: who claims what, and which slots are not yet as they should be. What a call costs depends on what has changed, never on
/// how many there are. Used by the Proxier's loop only.
/// </summary>
/// <param name="listeners">Starts listeners.</param>
/// <param name="services">Clock, log and scope.</param>
/// <param name="virtualIPs">Told which addresses are claimed.</param>
/// <param name="network">Asked when a port is taken.</param>
/// <param name="wake">Has the loop come back.</param>
/// <param name="report">Told of listeners that fail or are not whole; from any thread.</param>
internal sealed class SlotTable(
    ListenerFactory listeners, ConnectionServices services, VirtualIPSet virtualIPs, NodeNetwork network, Action wake, Action<ServiceProblem> report)
{
    /// <summary>Up to this many listeners that open, close or fail in one sync are logged one by one.</summary>
    public const int ChangesToName = 20;

    private readonly Dictionary<(TransportProtocol Protocol, IPEndPoint EndPoint), ListenerSlot> _slots = [];

    /// <summary>Slots whose owner or plan may have changed since the last <see cref="ReconcileAsync"/> that ended.</summary>
    private readonly HashSet<ListenerSlot> _changed = [];

    private readonly HashSet<ListenerSlot> _failed = [];
    private readonly HashSet<ListenerSlot> _spread = [];
    private readonly ListenerProblems _problems = new(network, services.Log, report);
    private readonly ConcurrentQueue<ListenerSlot> _ended = new();
    private readonly Lock _pausing = new();
    private int _pause;
    private long _spreadLookAt;
    private bool _saidUnfiltered;

    /// <summary>Listeners that serve.</summary>
    public int Running { get; private set; }

    public int Failed => _failed.Count;

    /// <summary>Timestamp of the next try of a failed listener, or of the next look at spread ones; null when there are none.</summary>
    public long? RetryAt
    {
        get
        {
            long? next = _spread.Count == 0 ? null : _spreadLookAt;
            if (_failed.Count > 0) next = Math.Min(next ?? long.MaxValue, _failed.Min(slot => slot.RetryAt));
            return next;
        }
    }

    /// <summary>Has <paramref name="entry"/> claim exactly the <paramref name="wanted"/> addresses, and returns its slots in their order.</summary>
    public ListenerSlot[] Claim(ServiceEntry entry, ValueList<ListenAddress> held, ValueList<ListenAddress> wanted)
    {
        foreach (var address in held)
        {
            if (!wanted.AsSpan().Contains(address)) Release(entry, address);
        }

        var slots = new ListenerSlot[wanted.Count];
        for (int i = 0; i < slots.Length; i++) slots[i] = Claim(entry, wanted[i]);
        return slots;
    }

    /// <summary>The port of these slots has changed.</summary>
    public void Replan(ListenerSlot[] slots)
    {
        foreach (var slot in slots)
        {
            var before = slot.Plan;
            slot.MakePlan();
            if (slot.Plan != before || slot.MustStop) _changed.Add(slot);
        }
    }

    /// <summary>The node's addresses have changed. Some filters contain them.</summary>
    public void NodeChanged()
    {
        foreach (var slot in _slots.Values)
        {
            if (slot.Plan is { Audience: ListenerAudience.OwnNode } or { SourceRanges.Count: > 0 }) _changed.Add(slot);
        }
    }

    /// <summary>
    /// Brings every changed slot in line, and tries failed ones again that are due. Ports are freed before others are bound: a port may move from a wildcard
    /// address to others in one table. Each slot fails by itself.
    /// </summary>
    /// <param name="isPostponed">Those that are left for the next call; null for none.</param>
    public async Task ReconcileAsync(Func<ListenerSlot, bool>? isPostponed = null)
    {
        List<ListenerSlot> postponed = isPostponed is null ? [] : [.. _changed.Where(isPostponed)];
        _changed.ExceptWith(postponed);

        await ReapDeadAsync();
        await StopAsync([.. _changed.Where(slot => slot.MustStop)]);
        long now = services.Time.GetTimestamp();
        await StartAsync([.. _changed.Where(slot => slot.MustStart), .. _failed.Where(slot => slot.RetryAt <= now && !_changed.Contains(slot))]);
        if (_spread.Count > 0 && _spreadLookAt <= now) await LookAtSpreadAsync();
        foreach (var slot in _changed)
        {
            if (slot.Admit(services)) LogUnfiltered(slot);
            if (!slot.MustStart)
            {
                _failed.Remove(slot);
                if (!slot.IsSpread) slot.ClearFailure();
            }

            if (slot.Owner is null) _slots.Remove((slot.Protocol, slot.EndPoint));
        }

        _changed.Clear();
        _changed.UnionWith(postponed);
        _spread.RemoveWhere(slot => !slot.HasParts);
    }

    /// <summary>Of all listeners that run.</summary>
    public IReadOnlyList<HandedSocket> ReadSockets() => [.. _slots.Values.SelectMany(slot => slot.ReadSockets())];

    /// <summary>
    /// Pauses TCP first; UDP is unread until the successor takes its sessions. If <see cref="Resume"/> ran meanwhile, as a loop hung, UDP is skipped.
    /// </summary>
    public async Task PauseAsync()
    {
        int pause;
        lock (_pausing) pause = ++_pause;
        await Task.WhenAll(Of(TransportProtocol.Tcp).Select(slot => slot.PauseAsync()));
        Task[] last;
        lock (_pausing) last = _pause == pause ? [.. Of(TransportProtocol.Udp).Select(slot => slot.PauseAsync())] : [];
        await Task.WhenAll(last);
    }

    public void Resume()
    {
        lock (_pausing)
        {
            _pause++;
            foreach (var slot in Of(TransportProtocol.Udp).Concat(Of(TransportProtocol.Tcp))) slot.Resume();
        }
    }

    /// <summary>A predecessor may have some of the ports still.</summary>
    public bool Waits => _failed.Any(slot => slot.Waits) || _spread.Any(slot => slot.Waits);

    /// <summary>Has the next <see cref="ReconcileAsync"/> try all that have failed, or have waited for a predecessor.</summary>
    public void RetryNow()
    {
        if (_spread.Any(slot => slot.Waits)) _spreadLookAt = services.Time.GetTimestamp();
        foreach (var slot in _failed) slot.RetryNow(services.Time);
    }

    /// <summary>The listeners of TCP alone: clients of UDP may still wait for answers.</summary>
    public Task StopConnectionsAsync() =>
        Task.WhenAll(Of(TransportProtocol.Tcp).Select(slot => slot.StopAsync()));

    public bool HasDatagrams => Of(TransportProtocol.Udp).Any(slot => slot.IsRunning);

    public async Task StopAllAsync()
    {
        await Task.WhenAll(_slots.Values.Select(slot => slot.EndAsync()));
        _failed.Clear();
        _spread.Clear();
        Running = 0;
    }

    private IEnumerable<ListenerSlot> Of(TransportProtocol protocol) => _slots.Values.Where(slot => slot.Protocol == protocol);

    private ListenerSlot Claim(ServiceEntry entry, ListenAddress address)
    {
        var key = (entry.Protocol, address.EndPoint);
        if (!_slots.TryGetValue(key, out var slot)) _slots[key] = slot = new ListenerSlot(entry.Protocol, address.EndPoint, network);
        if (slot.HasClaim(entry, address.Kind)) return slot;
        slot.AddClaim(new ListenerClaim(entry, address.Kind));
        OwnerChanged(slot);
        if (address.Kind != ListenerKind.NodePort) virtualIPs.Add(address.Address);
        return slot;
    }

    private void Release(ServiceEntry entry, ListenAddress address)
    {
        if (!_slots.TryGetValue((entry.Protocol, address.EndPoint), out var slot) || !slot.HasClaim(entry, address.Kind)) return;
        slot.RemoveClaim(entry, address.Kind);
        OwnerChanged(slot);
        if (address.Kind != ListenerKind.NodePort) virtualIPs.Remove(address.Address);
    }

    private void OwnerChanged(ListenerSlot slot)
    {
        slot.MakePlan();
        _changed.Add(slot);
    }

    private async Task ReapDeadAsync()
    {
        while (_ended.TryDequeue(out var slot))
        {
            // Most have ended because they were told to.
            if (!slot.HasDied) continue;
            if (slot.ServedService is { } service)
                report(
                    new ServiceProblem(
                        service, ServiceProblem.AcceptLoopDied, $"the accept loop of {slot.EndPoint} ended unexpectedly; the port is closed and bound again"));
            await slot.ReapAsync(services);
            Running--;
            _failed.Add(slot);
        }
    }

    private async Task StopAsync(List<ListenerSlot> slots)
    {
        foreach (var slot in slots)
        {
            if (slots.Count > ChangesToName) break;
            services.Log.Closed(slot.EndPoint, slot.ServedService, slot.StopReason);
        }

        await Task.WhenAll(slots.Select(slot => slot.StopAsync()));
        Running -= slots.Count;
    }

    private async Task StartAsync(List<ListenerSlot> slots)
    {
        var news = new List<ListenerSlot>();
        // Once for all of them: with many interfaces it takes a while.
        Lazy<Task<IReadOnlyList<IPAddress>>> addresses = new(() => Task.Run(network.ReadAddresses));
        foreach (var slot in slots)
        {
            if (!await slot.StartAsync(listeners, services, () => addresses.Value, Ended, news.Add))
            {
                _failed.Add(slot);
                continue;
            }

            _failed.Remove(slot);
            Running++;
            if (slot.HasParts) AddSpread(slot);
            if (slots.Count <= ChangesToName) services.Log.Listening(slot.EndPoint, slot.Owner!.Kind, slot.Owner.State.Name);
            if (slot.Admit(services)) LogUnfiltered(slot);
        }

        await FindNewHoldersAsync([.. slots.Where(slot => slot is { IsTaken: true, Waits: false })], addresses, news);
        _problems.Report(news);
    }

    /// <summary>A port that is still taken may be so by another process.</summary>
    private async Task FindNewHoldersAsync(List<ListenerSlot> taken, Lazy<Task<IReadOnlyList<IPAddress>>> addresses, List<ListenerSlot> news)
    {
        if (taken.Count == 0) return;
        var ofNode = await addresses.Value;
        var byPort = await FindSocketsAsync(taken);
        news.AddRange(taken.Where(slot => slot.UpdateHolders(byPort[(slot.Protocol, slot.EndPoint.Port)], ofNode)).Except(news).ToList());
    }

    private async Task<ILookup<(TransportProtocol, int), BoundSocket>> FindSocketsAsync(List<ListenerSlot> slots)
    {
        var sockets = await Task.Run(() => network.Find(slots.Select(slot => (slot.Protocol, slot.EndPoint.Port)), withOwners: false));
        return sockets.ToLookup(socket => (socket.Protocol, socket.Local.Port));
    }

    private void AddSpread(ListenerSlot slot)
    {
        if (_spread.Count == 0) ScheduleSpreadLook();
        _spread.Add(slot);
    }

    private void ScheduleSpreadLook() => _spreadLookAt = services.Time.After(network.LookEvery);

    /// <summary>For all slots at once, so that the system is asked once. A holder may be invisible to us; then binding the wildcard fails.</summary>
    private async Task LookAtSpreadAsync()
    {
        var slots = _spread.Where(slot => slot.HasParts).ToList();
        var addresses = await Task.Run(network.ReadAddresses);
        var byPort = await FindSocketsAsync(slots);
        var news = new List<ListenerSlot>();
        foreach (var slot in slots)
        {
            BoundSocket[] sockets = [.. byPort[(slot.Protocol, slot.EndPoint.Port)]];
            bool hasWaited = slot.EndWait(services.Shared);
            bool isNews = slot.IsSpread && (slot.UpdateHolders(sockets, addresses) || hasWaited);
            if (await slot.LookAtPartsAsync(sockets, addresses, services, Ended))
            {
                if (isNews && slot is { IsSpread: true, Waits: false }) news.Add(slot);
                continue;
            }

            Running--;
            _failed.Add(slot);
            news.Add(slot);
        }

        _problems.Report(news);
        ScheduleSpreadLook();
    }

    /// <summary>Once: the reason is the system's, and the same for all.</summary>
    private void LogUnfiltered(ListenerSlot slot)
    {
        if (_saidUnfiltered) return;
        _saidUnfiltered = true;
        services.Log.FilterDenied(slot.EndPoint, slot.Owner!.State.Name);
    }

    /// <summary>From the thread on which the accept loop ended.</summary>
    private void Ended(ListenerSlot slot)
    {
        if (!slot.HasDied) return;
        _ended.Enqueue(slot);
        wake();
    }
}
