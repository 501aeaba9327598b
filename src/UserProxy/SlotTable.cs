using System.Collections.Concurrent;
using System.Net;
using UserProxy.Model;
using UserProxy.Tcp;

namespace UserProxy;

/// <summary>
/// All listener slots, by address: who claims what, and which slots are not yet as they should be. What a call costs depends on what has changed, never on
/// how many there are. Used by the Proxier's loop only.
/// </summary>
internal sealed class SlotTable(ListenerFactory listeners, ConnectionServices services, VirtualAddresses virtualAddresses, Action wake, Action<ServiceProblem> report)
{
    /// <summary>Up to this many listeners that open, close or fail in one sync are logged one by one.</summary>
    private const int ChangesToName = 20;

    private readonly Dictionary<(TransportProtocol Protocol, IPEndPoint EndPoint), ListenerSlot> _slots = [];

    /// <summary>Slots whose owner or plan may have changed since the last <see cref="ReconcileAsync"/> that ended.</summary>
    private readonly HashSet<ListenerSlot> _changed = [];

    private readonly HashSet<ListenerSlot> _failed = [];
    private readonly ConcurrentQueue<ListenerSlot> _ended = new();
    private bool _saidUnfiltered;

    /// <summary>Listeners that serve.</summary>
    public int Running { get; private set; }

    public int Failed => _failed.Count;

    /// <summary>Timestamp of the next try of a listener that has failed; null when none has.</summary>
    public long? RetryAt => _failed.Count == 0 ? null : _failed.Min(slot => slot.RetryAt);

    /// <summary>Makes the claims of <paramref name="entry"/> those of <paramref name="wanted"/>, and returns its slots in that order.</summary>
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
            if (slot.Plan != before) _changed.Add(slot);
        }
    }

    /// <summary>The node's addresses have changed, which are part of some filters.</summary>
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
    public async Task ReconcileAsync()
    {
        BuryTheDead();
        await StopAsync([.. _changed.Where(slot => slot.MustStop)]);
        long now = services.Time.GetTimestamp();
        await StartAsync([.. _changed.Where(slot => slot.MustStart), .. _failed.Where(slot => slot.RetryAt <= now && !_changed.Contains(slot))]);
        foreach (var slot in _changed)
        {
            if (slot.Admit(services)) SayUnfiltered(slot);
            if (!slot.MustStart)
            {
                _failed.Remove(slot);
                slot.ForgetFailure();
            }

            if (slot.Owner is null) _slots.Remove((slot.Protocol, slot.EndPoint));
        }

        _changed.Clear();
    }

    public async Task StopAllAsync()
    {
        await Task.WhenAll(_slots.Values.Select(slot => slot.StopAsync()));
        _failed.Clear();
        Running = 0;
    }

    private ListenerSlot Claim(ServiceEntry entry, ListenAddress address)
    {
        var key = (entry.Protocol, address.EndPoint);
        if (!_slots.TryGetValue(key, out var slot)) _slots[key] = slot = new ListenerSlot(entry.Protocol, address.EndPoint);
        if (slot.HasClaim(entry, address.Kind)) return slot;
        slot.AddClaim(new ListenerClaim(entry, address.Kind));
        OwnerChanged(slot);
        // Before it is bound: not even the first connection may loop.
        listeners.OwnListeners(entry.Protocol).Add(address);
        if (address.Kind != ListenerKind.NodePort) virtualAddresses.Add(address.Address);
        return slot;
    }

    private void Release(ServiceEntry entry, ListenAddress address)
    {
        if (!_slots.TryGetValue((entry.Protocol, address.EndPoint), out var slot) || !slot.HasClaim(entry, address.Kind)) return;
        slot.RemoveClaim(entry, address.Kind);
        OwnerChanged(slot);
        listeners.OwnListeners(entry.Protocol).Remove(address);
        if (address.Kind != ListenerKind.NodePort) virtualAddresses.Remove(address.Address);
    }

    private void OwnerChanged(ListenerSlot slot)
    {
        slot.MakePlan();
        _changed.Add(slot);
    }

    private void BuryTheDead()
    {
        while (_ended.TryDequeue(out var slot))
        {
            // Most have ended because they were told to.
            if (!slot.HasDied) continue;
            if (slot.ServedService is { } service)
                report(new ServiceProblem(service, ServiceProblem.AcceptLoopDied, $"the accept loop of {slot.EndPoint} ended unexpectedly; the port is closed and bound again"));
            slot.Bury(services);
            Running--;
            _failed.Add(slot);
        }
    }

    private async Task StopAsync(List<ListenerSlot> slots)
    {
        foreach (var slot in slots)
        {
            if (slots.Count > ChangesToName) break;
            services.Log.Closed(slot.EndPoint, slot.ServedService, slot.Plan?.Reason ?? "no longer declared by the Service that had it");
        }

        await Task.WhenAll(slots.Select(slot => slot.StopAsync()));
        Running -= slots.Count;
    }

    private async Task StartAsync(List<ListenerSlot> slots)
    {
        int failures = 0;
        foreach (var slot in slots)
        {
            if (await slot.StartAsync(listeners, services, Ended) is var (reason, isNew))
            {
                _failed.Add(slot);
                // Once, until it changes. Thousands may fail for one reason: a missing privilege.
                if (isNew && ++failures <= ChangesToName) SayFailed(slot.EndPoint, slot.Owner!, reason);
                continue;
            }

            _failed.Remove(slot);
            Running++;
            if (slots.Count <= ChangesToName) services.Log.Listening(slot.EndPoint, slot.Owner!.Kind, slot.Owner.State.Name);
            if (slot.Admit(services)) SayUnfiltered(slot);
        }

        if (failures > ChangesToName) services.Log.MoreBindsFailed(failures - ChangesToName);
    }

    private void SayFailed(IPEndPoint endPoint, ListenerClaim owner, string reason)
    {
        services.Log.BindFailed(endPoint, owner.State.Name, reason);
        report(new ServiceProblem(owner.State.Name, ServiceProblem.ListenFailed, $"cannot listen on {endPoint} ({owner.Kind}): {reason}; trying again"));
    }

    /// <summary>Once: the reason is the system's, and the same for all.</summary>
    private void SayUnfiltered(ListenerSlot slot)
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
