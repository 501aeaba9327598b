using UserProxy.Policy;
using UserProxy.Reading;
using UserProxy.Serving;
using UserProxy.Tcp;
using UserProxy.Udp;

namespace UserProxy.Syncing;

/// <summary>
/// Looks whether dials come to nothing on this node itself: no source port is left towards an endpoint (EADDRNOTAVAIL of connect(2)), or no descriptor or
/// memory. Clients are reset, and no endpoint is to blame. Said by log and <see cref="ServiceProblem"/>, at most once a minute for each Service port. Run by
/// the <see cref="Proxier"/>.
/// </summary>
/// <param name="entries">What is served.</param>
/// <param name="services">Clock and log.</param>
/// <param name="report">Told.</param>
internal sealed class LocalFaultWatch(ServiceEntries entries, ConnectionServices services, Action<ServiceProblem> report)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2.5);

    private static readonly TimeSpan SaidAgainAfter = TimeSpan.FromMinutes(1);

    private readonly Dictionary<ServicePortState, (long Said, long At)> _said = [];

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
        foreach (var entry in served) Look(entry.State);
        if (_said.Count > served.Length) RemoveGone(served);
    }

    private void Look(ServicePortState state)
    {
        long faults = state.Counters.ConnectFailures(ConnectOutcome.LocalFault) + ((state as UdpPortState)?.Udp.Dropped(DatagramDrop.NoPort) ?? 0);
        if (faults == 0) return;
        bool isKnown = _said.TryGetValue(state, out var last);
        if (faults <= last.Said || (isKnown && services.Time.GetElapsedTime(last.At) < SaidAgainAfter)) return;
        _said[state] = (faults, services.Time.GetTimestamp());
        string message =
            $"{faults - last.Said} dials came to nothing on this node itself: no source port is left towards an endpoint (net.ipv4.ip_local_port_range), or "
                + "no descriptor or memory";
        services.Log.DialsFailLocally(state.Name, message);
        report(new ServiceProblem(state.Name, ServiceProblem.LocalDialFault, message));
    }

    private void RemoveGone(ServiceEntry[] served)
    {
        var states = served.Select(entry => entry.State).ToHashSet();
        foreach (var gone in _said.Keys.Where(state => !states.Contains(state)).ToList()) _said.Remove(gone);
    }
}
