using UserProxy.Serving;
using UserProxy.Tcp;

namespace UserProxy;

/// <summary>
/// Looks whether clients wait to be accepted: a port in LISTEN that nobody accepts from looks healthy from outside and is an outage. Says once for each
/// spell that a queue has stayed above half, by log, counter and <see cref="ServiceProblem"/>. Run by the <see cref="Proxier"/>.
/// </summary>
internal sealed class AcceptQueueWatch(ServiceEntries entries, ConnectionServices services, Action<ServiceProblem> report)
{
    /// <summary>A burst may fill a queue; this long it does not.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>A look is a system call for each listener: 10,000 of them now and then, not every moment.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2.5);

    private Dictionary<ListenerSlot, Spell> _above = [];

    public async Task RunAsync(CancellationToken stop)
    {
        while (true)
        {
            await Task.Delay(Interval, services.Time, stop);
            try
            {
                Look();
            }
            catch (Exception exception)
            {
                // A defect must not end the watch in silence.
                services.Log.AcceptQueueWatchFailed(exception);
            }
        }
    }

    /// <summary>One look at every listener.</summary>
    internal void Look()
    {
        var above = new Dictionary<ListenerSlot, Spell>();
        foreach (var entry in entries.Published)
        {
            foreach (var slot in entry.Slots)
            {
                if (!slot.IsRunning || slot.Owner?.Entry != entry || slot.ReadQueue() is not { IsAboveHalf: true } queue) continue;
                above[slot] = Judge(slot, queue, entry.State);
            }
        }

        foreach (var (slot, spell) in _above)
        {
            if (spell.IsSaid && !above.ContainsKey(slot)) services.Log.AcceptQueueMoves(slot.EndPoint, spell.Service.Name);
        }

        _above = above;
    }

    private Spell Judge(ListenerSlot slot, AcceptQueue queue, ServicePortState service)
    {
        var spell = _above.GetValueOrDefault(slot) ?? new Spell(services.Time.GetTimestamp(), service, IsSaid: false);
        var lasts = services.Time.GetElapsedTime(spell.Since);
        if (spell.IsSaid || lasts < Patience) return spell;
        bool exhausted = services.Descriptors.Held + DescriptorBudget.PerConnection > services.Descriptors.AdmissionLimit;
        string reason = exhausted ? "no descriptor is left for them (ulimit -n, LimitNOFILE)" : "they come faster than they are accepted, or the accept loop hangs";
        service.Counters.CountAcceptQueueStall();
        services.Log.AcceptQueueStalled(queue.Waiting, queue.Backlog, slot.EndPoint, service.Name, lasts.TotalSeconds, reason);
        // The same words each time: repeated Events are told by them.
        report(new ServiceProblem(service.Name, ServiceProblem.AcceptQueueStalled, $"clients have waited to be accepted on {slot.EndPoint} for {Patience.TotalSeconds:0} s and more: {reason}"));
        return spell with { IsSaid = true };
    }

    /// <summary>Since when one queue has been above half, and whether it has been said.</summary>
    private sealed record Spell(long Since, ServicePortState Service, bool IsSaid);
}
