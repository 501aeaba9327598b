using UserProxy.Policy;
using UserProxy.Reading;
using UserProxy.Serving;
using UserProxy.Tcp;
using UserProxy.Udp;

namespace UserProxy.Syncing;

/// <summary>
/// Looks whether dials come to nothing on this node itself. Clients are reset, and no endpoint is to blame. Said by log and <see cref="ServiceProblem"/>, at
/// most once a minute for each Service port, with the causes that there were, the most frequent first. Run by the <see cref="Proxier"/>.
/// </summary>
/// <param name="entries">What is served.</param>
/// <param name="services">Clock and log.</param>
/// <param name="report">Told.</param>
internal sealed class LocalFaultWatch(ServiceEntries entries, ConnectionServices services, Action<ServiceProblem> report)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2.5);

    private static readonly TimeSpan SaidAgainAfter = TimeSpan.FromMinutes(1);

    private static readonly (string Words, Func<ServicePortState, long> Count)[] Causes =
    [
        (
            "no source port is left towards an endpoint, or this node has no address of its family (net.ipv4.ip_local_port_range)",
            state => state.Counters.ConnectFailures(ConnectOutcome.NoSourcePort)),
        (
            "no UDP port towards an endpoint could be opened or had rested (net.ipv4.ip_local_port_range, descriptors)",
            state => (state as UdpPortState)?.Udp.Dropped(DatagramDrop.NoPort) ?? 0),
        ("no descriptor is left", state => state.Counters.ConnectFailures(ConnectOutcome.NoDescriptor)),
        ("the kernel has no memory for sockets", state => state.Counters.ConnectFailures(ConnectOutcome.NoMemory)),
        (
            "the endpoint's address is refused, nobody listened there and the socket met itself, or the kernel gave another error",
            state => state.Counters.ConnectFailures(ConnectOutcome.LocalFault)),
    ];

    private readonly Dictionary<ServicePortState, (long[] Counts, long At)> _said = [];

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
                services.Log.WatchFailed(exception, "local faults");
            }
        }
    }

    /// <summary>One look at the counters of every service port.</summary>
    internal void Look()
    {
        var served = entries.Published;
        foreach (var entry in served)
        {
            // Nothing is made for a port without a fault: there may be ten thousand.
            if (HasFaults(entry.State)) Look(entry.State);
        }

        if (_said.Count > served.Length) RemoveGone(served);
    }

    private static bool HasFaults(ServicePortState state)
    {
        foreach (var (_, count) in Causes)
        {
            if (count(state) > 0) return true;
        }

        return false;
    }

    private void Look(ServicePortState state)
    {
        long[] counts = Array.ConvertAll(Causes, cause => cause.Count(state));
        bool isKnown = _said.TryGetValue(state, out var last);
        if (isKnown && services.Time.GetElapsedTime(last.At) < SaidAgainAfter) return;
        // A sort that keeps the order of equals: the same causes are named in the same order each time.
        var causes = Causes.Select((cause, i) => (cause.Words, Count: counts[i] - (isKnown ? last.Counts[i] : 0)))
            .Where(cause => cause.Count > 0).OrderByDescending(cause => cause.Count).ToList();
        if (causes.Count == 0) return;
        _said[state] = (counts, services.Time.GetTimestamp());
        string named = causes.Count == 1 ? causes[0].Words : string.Join("; ", causes.Select(cause => $"{cause.Words} ({cause.Count})"));
        string message = $"{causes.Sum(cause => cause.Count)} dials came to nothing on this node itself: {named}";
        services.Log.DialsFailLocally(state.Name, message);
        report(new ServiceProblem(state.Name, ServiceProblem.LocalDialFault, message));
    }

    private void RemoveGone(ServiceEntry[] served)
    {
        var states = served.Select(entry => entry.State).ToHashSet();
        foreach (var gone in _said.Keys.Where(state => !states.Contains(state)).ToList()) _said.Remove(gone);
    }
}
