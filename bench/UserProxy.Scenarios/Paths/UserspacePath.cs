using System.Diagnostics;
using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Paths;

/// <summary>
/// What kube-proxy's userspace mode did until 1.25: netfilter redirects the NodePort to a port of its own, where it accepts and copies. The relay is ours, in
/// C#, since that kube-proxy is in no package; what it does is what the old one did.
/// </summary>
internal sealed class UserspacePath() : TrafficPath(4, new PathInfo(
    "userspace", "userspace mode (rebuilt)", PathKind.Ancestor,
    "What kube-proxy did until 1.25, rebuilt in C# (the original was Go): KUBE-NODEPORT-CONTAINER redirects to a port of the relay, which dials in its accept "
        + "loop (250 ms, 500 ms, 1 s, 2 s), copies through a buffer of 32 KiB each way, and closes both sockets at the first end."))
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(20);

    public override IReadOnlyList<Tool> Needs => [Tool.Iptables];

    public override bool IsQuick => false;

    public override bool CanServe(Service service) => service.Protocol == "tcp" && service.ClusterIP is null;

    public override async Task<RunningPath> StartAsync(TestBed bed, ServiceSet set, CancellationToken stop)
    {
        Service[] services = [.. set.Services.Where(CanServe)];
        long begun = Stopwatch.GetTimestamp();
        var child = bed.Start(
            bed.Node,
            // Compiled once and fully: it is met warm.
            ["env", "DOTNET_TieredCompilation=0", "DOTNET_ReadyToRun=0", Path.Combine(AppContext.BaseDirectory, "UserProxy.Scenarios"), UserspaceCommand.Name,
                .. services.Select(service => string.Join(',', service.Endpoints))]);
        IReadOnlyList<int>? ports = null;
        await Poll.UntilAsync(
            () => child.HasExited
                ? throw new BedException($"the relay ended: {child.Log}")
                : Task.FromResult((ports = UserspaceCommand.PortsOf(child.Log)) is not null),
            () => $"the relay does not listen: {child.Log}", StartLimit, stop);
        var running = new Redirected(bed, child, Rules(services, ports!)) { Begun = begun };
        await running.WakeAsync(stop);
        return running;
    }

    /// <summary>Of its nat table what a NodePort's packet meets.</summary>
    internal static string Rules(IReadOnlyList<Service> services, IReadOnlyList<int> ports) =>
        $"""
        *nat
        :KUBE-PORTALS-CONTAINER - [0:0]
        :KUBE-NODEPORT-CONTAINER - [0:0]
        -A PREROUTING -m comment --comment "handle ClusterIPs; NOTE: this must be before the NodePort rules" -j KUBE-PORTALS-CONTAINER
        -A PREROUTING -m addrtype --dst-type LOCAL -m comment --comment "handle service NodePorts; NOTE: this must be the last rule in the chain" -j KUBE-NODEPORT-CONTAINER
        {string.Join('\n', services.Zip(ports, (service, port) =>
            $"-A KUBE-NODEPORT-CONTAINER -p tcp -m comment --comment bench/{service.Name}:p -m tcp --dport {service.NodePort} -j REDIRECT --to-ports {port}"))}
        COMMIT

        """;

    private sealed class Redirected(TestBed bed, Child child, string rules) : RunningProcess(bed, child)
    {
        private readonly TestBed _bed = bed;

        public override async Task WakeAsync(CancellationToken stop)
        {
            await KernelRules.LoadAsync(_bed, rules, stop);
            await Conntrack.ShortenTimeoutsAsync(_bed, stop);
        }

        public override Task RestAsync() => KernelRules.FlushAsync(_bed);

        public override async ValueTask DisposeAsync()
        {
            await KernelRules.FlushAsync(_bed);
            await base.DisposeAsync();
        }
    }
}
