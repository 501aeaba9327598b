using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Paths;

/// <summary>HAProxy that leaves with its clients' addresses, on a node set up as its manual has it. By name alone, beside haproxy.</summary>
internal sealed class HAProxyKeptPath(RunSettings settings) : HAProxyPath(
    settings, 19, new PathInfo(
        "haproxy-transparent", "HAProxy, usesrc clientip", PathKind.Peer, $"As HAProxy, with source 0.0.0.0 usesrc clientip: {Settings}"))
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    public override IReadOnlyList<Tool> Needs => [Peer, Tool.Nft];

    public override bool IsHidden => true;

    public override async Task<RunningPath> StartAsync(TestBed bed, ServiceSet set, CancellationToken stop)
    {
        // Answers to the clients' addresses are this node's: by the socket that they are for, a mark, and a table that says so.
        (await bed.RunAsync(
            bed.Node, Limit, stop, "sh", "-e", "-c",
            "ip rule add fwmark 1 lookup 100; ip route add local default dev lo table 100; nft add table ip peer; "
                + "nft 'add chain ip peer prerouting { type filter hook prerouting priority -150; }'; "
                + "nft add rule ip peer prerouting socket transparent 1 socket wildcard 0 meta mark set 1")).Expect("the node's rules for HAProxy");
        var kept = set with { Services = [.. set.Services.Where(CanServe).Select(service => service with { IsKept = true, MayBeChecked = false })] };
        return new OnPreparedNode(bed, await base.StartAsync(bed, kept, stop));
    }

    private sealed class OnPreparedNode(TestBed bed, RunningPath haproxy) : RunningPath
    {
        public override IReadOnlyList<int> ProcessIds => haproxy.ProcessIds;

        public override bool HasEnded => haproxy.HasEnded;

        public override string Log => haproxy.Log;

        public override async ValueTask DisposeAsync()
        {
            await haproxy.DisposeAsync();
            await bed.RunAsync(
                bed.Node, Limit, CancellationToken.None, "sh", "-c",
                "ip rule del fwmark 1 lookup 100; ip route flush table 100; nft delete table ip peer");
        }
    }
}
