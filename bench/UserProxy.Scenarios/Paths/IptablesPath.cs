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
    public override IReadOnlyList<Tool> Needs => [Tool.Iptables];

    public override bool IsSmoke => true;

    public override bool Stays => false;

    public override bool CanServe(Service service) => true;

    public override bool CanChange => true;

    public override async Task<RunningPath> StartAsync(TestBed bed, ServiceSet set, CancellationToken stop)
    {
        long begun = Stopwatch.GetTimestamp();
        await KernelRules.LoadAsync(bed, IptablesRules.Full(set.Services), stop);
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
            string rules = IptablesRules.Change(_services, before, changed);
            (await bed.FeedAsync(bed.Node, rules, KernelRules.Limit, stop, "iptables-restore", "-w", "5", "--noflush", "--counters"))
                .Expect("iptables-restore");
        }

        public override async ValueTask DisposeAsync() => await KernelRules.FlushAsync(bed);
    }
}
