using System.Diagnostics;
using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Paths;

/// <summary>Address translation by the rules of kube-proxy's iptables mode.</summary>
internal sealed class IptablesPath() : TrafficPath(1, new PathInfo(
    "iptables", "iptables mode", PathKind.Kernel,
    "kube-proxy's rules of the nat table (those of its filter table, a few more a packet, are left out): KUBE-SERVICES, KUBE-SVC-* with probabilities, "
        + "KUBE-SEP-*, masquerade --random-fully; loaded by iptables-restore for its own turns."))
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    public override IReadOnlyList<Tool> Needs => [Tool.Iptables];

    public override bool IsSmoke => true;

    public override bool Stays => false;

    public override bool CanServe(Service service) => true;

    public override bool CanChange => true;

    public override async Task<RunningPath> StartAsync(TestBed bed, ServiceSet set, CancellationToken stop)
    {
        long begun = Stopwatch.GetTimestamp();
        (await bed.FeedAsync(bed.Node, IptablesRules.Full(set.Services), Limit, stop, "iptables-restore", "-w", "5")).Expect("iptables-restore");
        await Conntrack.ShortenTimeoutsAsync(bed, stop);
        return new Rules(bed, set) { Begun = begun };
    }

    private sealed class Rules(TestBed bed, ServiceSet set) : RunningPath
    {
        private readonly Service[] _services = [.. set.Services];

        public override async Task ChangeAsync(Service changed, CancellationToken stop)
        {
            int at = Array.FindIndex(_services, service => service.Name == changed.Name);
            var before = _services[at];
            _services[at] = changed;
            // kube-proxy has written the text out of its maps by now as well.
            (await bed.FeedAsync(
                bed.Node, IptablesRules.Change(_services, before, changed), Limit, stop, "iptables-restore", "-w", "5", "--noflush", "--counters")).Expect(
                    "iptables-restore");
        }

        /// <summary>With its last rule the kernel also takes connection tracking out of the packets' way.</summary>
        public override async ValueTask DisposeAsync()
        {
            // First, because iptables-restore would read all rules to take them away; and again, because it leaves an empty table, whose hooks would cost the
            // others.
            if (Tool.Find("nft") is not null)
                (await bed.RunAsync(bed.Node, Limit, CancellationToken.None, "nft", "flush", "ruleset")).Expect("nft flush ruleset");
            // Where iptables is the legacy one, nft does not know of its rules.
            (await bed.FeedAsync(bed.Node, "*nat\nCOMMIT\n", Limit, CancellationToken.None, "iptables-restore")).Expect("iptables-restore");
            if (Tool.Find("nft") is not null)
                (await bed.RunAsync(bed.Node, Limit, CancellationToken.None, "nft", "flush", "ruleset")).Expect("nft flush ruleset");
        }
    }
}
