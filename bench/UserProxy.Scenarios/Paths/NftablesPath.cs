using System.Diagnostics;
using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Paths;

/// <summary>Address translation by the rules of kube-proxy's nftables mode.</summary>
internal sealed class NftablesPath() : TrafficPath(3, new PathInfo(
    "nftables", "nftables mode", PathKind.Kernel,
    "kube-proxy's rules that translate (its filter chains are left out): verdict maps, one chain a Service and endpoint, numgen random, masquerade "
        + "fully-random; loaded by nft for its own turns."))
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    public override IReadOnlyList<Tool> Needs => [Tool.Nft];

    public override bool IsQuick => false;

    public override bool Stays => false;

    public override bool CanServe(Service service) => true;

    public override bool CanChange => true;

    public override async Task<RunningPath> StartAsync(TestBed bed, ServiceSet set, CancellationToken stop)
    {
        long begun = Stopwatch.GetTimestamp();
        (await bed.FeedAsync(bed.Node, NftablesRules.Full(set.Services), Limit, stop, "nft", "-f", "-")).Expect("nft");
        await Conntrack.ShortenTimeoutsAsync(bed, stop);
        return new Rules(bed, set) { Begun = begun };
    }

    private sealed class Rules(TestBed bed, ServiceSet set) : RunningPath
    {
        private readonly Dictionary<string, Service> _services = set.Services.ToDictionary(service => service.Name);

        public override async Task ChangeAsync(Service changed, CancellationToken stop)
        {
            string text = NftablesRules.Change(_services[changed.Name], changed);
            _services[changed.Name] = changed;
            (await bed.FeedAsync(bed.Node, text, Limit, stop, "nft", "-f", "-")).Expect("nft");
        }

        public override async ValueTask DisposeAsync() =>
            (await bed.RunAsync(bed.Node, Limit, CancellationToken.None, "nft", "flush", "ruleset")).Expect("nft flush ruleset");
    }
}
