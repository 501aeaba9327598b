using UserProxy.Scenarios.Bed;

namespace UserProxy.Scenarios.Paths;

/// <summary>Connection tracking of the node, for the paths that need it.</summary>
internal static class Conntrack
{
    /// <summary>
    /// Two minutes of TIME_WAIT would fill the table within seconds of new connections, and use up the ports for masquerading: a second, the counterpart of
    /// tcp_tw_reuse, which all paths have. Half a minute for UDP would fill it with the flows of a few turns, and the third would lose nearly all its
    /// datagrams: five seconds.
    /// </summary>
    public static async Task ShortenTimeoutsAsync(TestBed bed, CancellationToken stop) =>
        (await bed.RunAsync(
            bed.Node, TimeSpan.FromSeconds(5), stop, "sh", "-c",
            "cd /proc/sys/net/netfilter && echo 1 >nf_conntrack_tcp_timeout_time_wait && echo 5 >nf_conntrack_udp_timeout"))
            .Expect("the timeouts of connection tracking");
}
