using UserProxy.Reading;
using UserProxy.Serving;
using UserProxy.Tcp;

namespace UserProxy.Syncing;

/// <summary>
/// Looks whether clients wait to be accepted: a port in LISTEN that nobody accepts from looks healthy from outside and is an outage. Reports a queue that stays
/// above half, and an accept loop that hangs while a client waits: once a spell, by log, counter and <see cref="ServiceProblem"/>. An accept loop or a loop of
/// the transport that hangs makes the process unhealthy. Run by the <see cref="Proxier"/>.
/// </summary>
/// <param name="entries">What is served.</param>
/// <param name="services">Clock, log and descriptors.</param>
/// <param name="countHungLoops">Loops of the transports that have not come to new work for so long.</param>
/// <param name="report">Told of each spell.</param>
internal sealed class AcceptQueueWatch(ServiceEntries entries, ConnectionServices services, Func<TimeSpan, int> countHungLoops, Action<ServiceProblem> report)
{
    /// <summary>A burst may fill a queue; this long it does not.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>A look is a system call for each listener: 10,000 of them now and then, not every moment.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2.5);

    private Dictionary<ListenerSlot, Spell> _waiting = [];
    private int _hungLoops;
    private volatile int _hung;

    /// <summary>
    /// Accept loops that have not made a move for <see cref="Patience"/> while clients waited, and hung loops of the transports, at the last look. From any
    /// thread.
    /// </summary>
    public int Hung => _hung;

    public async Task RunAsync(CancellationToken stop)
    {
        try
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
                    services.Log.WatchFailed(exception, "accept queues");
                }
            }
        }
        finally
        {
            // The listeners are about to be stopped: a drain is not to be cut short for what was true before.
            _hung = 0;
        }
    }

    /// <summary>One look at every listener and loop.</summary>
    internal void Look()
    {
        LookAtLoops();
        var waiting = new Dictionary<ListenerSlot, Spell>();
        foreach (var entry in entries.Published)
        {
            foreach (var slot in entry.Slots)
            {
                // A listener that is being closed has no backlog.
                if (!slot.IsRunning || slot.Owner?.Entry != entry || slot.ReadQueue() is not { Waiting: > 0, Backlog: > 0 } queue) continue;
                waiting[slot] = Judge(slot, queue, entry.State);
            }
        }

        foreach (var (slot, spell) in _waiting)
        {
            if (spell.IsSaid && waiting.GetValueOrDefault(slot) is not { IsSaid: true }) services.Log.AcceptQueueMoves(slot.EndPoint, spell.Service.Name);
        }

        _waiting = waiting;
        _hung = _hungLoops + waiting.Values.Count(spell => spell.Hangs);
    }

    private void LookAtLoops()
    {
        int hung = countHungLoops(Patience);
        if (hung > _hungLoops) services.Log.TransportLoopsHung(hung, Patience.TotalSeconds);
        else if (hung == 0 && _hungLoops > 0) services.Log.TransportLoopsGoOn();
        _hungLoops = hung;
    }

    private Spell Judge(ListenerSlot slot, AcceptQueue queue, ServicePortState service)
    {
        long now = services.Time.GetTimestamp(), turns = slot.ReadTurns();
        var spell = _waiting.GetValueOrDefault(slot) ?? new Spell(service, turns, now);
        if (spell.Turns != turns)
        {
            if (spell.Hangs) services.Log.AcceptLoopGoesOn(slot.EndPoint, service.Name);
            spell = spell with { Turns = turns, StillSince = now, Hangs = false };
        }

        spell = queue.IsAboveHalf ? spell with { AboveHalfSince = spell.AboveHalfSince ?? now } : spell with { AboveHalfSince = null, IsSaid = spell.Hangs };
        TimeSpan still = services.Time.GetElapsedTime(spell.StillSince, now), above = services.Time.GetElapsedTime(spell.AboveHalfSince ?? now, now);
        // A loop that lives has taken at least the client that was seen waiting then, or has paused.
        bool hangs = still >= Patience;
        if (spell.Hangs || (!hangs && above < Patience)) return spell;
        if (!spell.IsSaid) service.Counters.CountAcceptQueueStall();
        if (hangs) ReportHung(slot, queue, service, still);
        else if (!spell.IsSaid) ReportStalled(slot, queue, service, above);
        return spell with { IsSaid = true, Hangs = hangs };
    }

    private void ReportStalled(ListenerSlot slot, AcceptQueue queue, ServicePortState service, TimeSpan lasts)
    {
        string reason = services.Descriptors.HasRoom(service.Active) ? "they come faster than they are accepted"
            : services.Descriptors.HasRoom(ofService: 0) ? "the descriptors that are left are for Services with fewer of them (ulimit -n, LimitNOFILE)"
            : "no descriptor is left for them (ulimit -n, LimitNOFILE)";
        services.Log.AcceptQueueStalled(queue.Waiting, queue.Backlog, slot.EndPoint, service.Name, lasts.TotalSeconds, reason);
        // The same words each time: repeated Events are told by them.
        report(
            new ServiceProblem(
                service.Name, ServiceProblem.AcceptQueueStalled,
                $"clients have waited to be accepted on {slot.EndPoint} for {Patience.TotalSeconds:0} s and more: {reason}"));
    }

    private void ReportHung(ListenerSlot slot, AcceptQueue queue, ServicePortState service, TimeSpan still)
    {
        services.Log.AcceptLoopHung(slot.EndPoint, service.Name, queue.Waiting, queue.Backlog, still.TotalSeconds);
        report(
            new ServiceProblem(
                service.Name, ServiceProblem.AcceptLoopHung,
                $"the accept loop of {slot.EndPoint} hangs: clients wait, and none has been taken for {Patience.TotalSeconds:0} s and more"));
    }

    /// <summary>One queue with clients in it at each look.</summary>
    /// <param name="Service">Whose clients wait.</param>
    /// <param name="Turns">Of the accept loop at the last look.</param>
    /// <param name="StillSince">When that figure was first seen.</param>
    private sealed record Spell(ServicePortState Service, long Turns, long StillSince)
    {
        /// <summary>Since when it has been above half at each look; null when it is not.</summary>
        public long? AboveHalfSince { get; init; }

        /// <summary>Somebody has been told of this spell.</summary>
        public bool IsSaid { get; init; }

        public bool Hangs { get; init; }
    }
}
