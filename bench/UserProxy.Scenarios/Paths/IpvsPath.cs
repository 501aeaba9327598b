using System.Diagnostics;
using System.Net;
using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Paths;

/// <summary>Address translation by IPVS, set up as kube-proxy's ipvs mode does; only on a kernel that has it.</summary>
internal sealed class IpvsPath() : TrafficPath(2, new PathInfo(
    "ipvs", "ipvs mode", PathKind.Kernel,
    "kube-proxy's virtual servers (rr, masquerading), its addresses on kube-ipvs0, its ipsets and the rules of its nat table (those of its filter table are "
        + "left out), net.ipv4.vs.conntrack=1; loaded for its own turns. A UDP flow is kept for 5 s instead of 300, as by the other kernel paths."))
{
    public override IReadOnlyList<Tool> Needs => [Tool.Ipvsadm, Tool.Ipset, Tool.Iptables];

    public override bool IsQuick => false;

    public override bool Stays => false;

    public override bool CanServe(Service service) => true;

    public override bool CanChange => true;

    public override string? Obstacle =>
        File.Exists("/proc/net/ip_vs") || HasModule(Path.Combine("/lib/modules", File.ReadAllText("/proc/sys/kernel/osrelease").Trim()))
            ? null
            : "this kernel has no IPVS (CONFIG_IP_VS)";

    public override async Task<RunningPath> StartAsync(TestBed bed, ServiceSet set, CancellationToken stop)
    {
        long begun = Stopwatch.GetTimestamp();
        var running = new Servers(bed, set) { Begun = begun };
        try
        {
            await FeedAsync(bed, IpvsRules.Addresses(set.Services), stop, "ip", "-batch", "-");
            await FeedAsync(bed, IpvsRules.Members(set.Services), stop, "ipset", "restore");
            await KernelRules.LoadAsync(bed, IpvsRules.Nat(set.Services), stop);
            await FeedAsync(bed, IpvsRules.Servers(set.Services), stop, "ipvsadm", "--restore");
            (await bed.RunAsync(
                bed.Node, KernelRules.Limit, stop, "sh", "-e", "-c",
                "cd /proc/sys/net/ipv4/vs; for s in conntrack expire_nodest_conn expire_quiescent_template; do echo 1 >$s; done; ipvsadm --set 0 0 5"))
                .Expect("the settings of IPVS");
            await Conntrack.ShortenTimeoutsAsync(bed, stop);
            return running;
        }
        catch
        {
            await running.DisposeAsync();
            throw;
        }
    }

    /// <summary>As a module that ipvsadm loads, or built in.</summary>
    internal static bool HasModule(string modules) =>
        new[] { "modules.dep", "modules.builtin" }.Select(name => Path.Combine(modules, name))
            .Any(file => File.Exists(file) && File.ReadLines(file).Any(line => line.Contains("/ip_vs.ko", StringComparison.Ordinal)));

    private static async Task FeedAsync(TestBed bed, string input, CancellationToken stop, params string[] command) =>
        (await bed.FeedAsync(bed.Node, input, KernelRules.Limit, stop, command)).Expect(string.Join(' ', command));

    private sealed class Servers(TestBed bed, ServiceSet set) : RunningPath
    {
        private readonly Dictionary<string, Service> _services = set.Services.ToDictionary(service => service.Name);
        private readonly Dictionary<string, HashSet<IPEndPoint>> _known =
            set.Services.ToDictionary(service => service.Name, service => service.Endpoints.ToHashSet());

        public override async Task ChangeAsync(Service changed, CancellationToken stop)
        {
            var before = _services[changed.Name];
            _services[changed.Name] = changed;
            await FeedAsync(bed, IpvsRules.ChangedMembers(before, changed), stop, "ipset", "restore");
            await FeedAsync(bed, IpvsRules.Change(before, changed, _known[changed.Name]), stop, "ipvsadm", "--restore");
            _known[changed.Name].UnionWith(changed.Endpoints);
        }

        public override async ValueTask DisposeAsync()
        {
            await bed.RunAsync(bed.Node, KernelRules.Limit, CancellationToken.None, "ipvsadm", "--clear");
            await KernelRules.FlushAsync(bed);
            foreach (string name in IpvsRules.Sets) await bed.RunAsync(bed.Node, KernelRules.Limit, CancellationToken.None, "ipset", "destroy", name);
            await bed.RunAsync(bed.Node, KernelRules.Limit, CancellationToken.None, "ip", "link", "delete", IpvsRules.Device);
        }
    }
}
