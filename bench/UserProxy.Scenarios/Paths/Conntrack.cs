using UserProxy.Scenarios.Bed;

namespace UserProxy.Scenarios.Paths;

/// <summary>Connection tracking of the node, for the paths that need it.</summary>
internal static class Conntrack
{
    /// <summary>
    /// Two minutes of TIME_WAIT would fill the table within seconds of new connections, and use up the ports for masquerading: a second, the counterpart of
    /// tcp_tw_reuse, which all paths have.
    /// </summary>
    public static async Task ShortenTimeWaitAsync(TestBed bed, CancellationToken stop) =>
        (await bed.RunAsync(bed.Node, TimeSpan.FromSeconds(5), stop, "sh", "-c", "echo 1 >/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_time_wait")).Expect("nf_conntrack_tcp_timeout_time_wait");
}
