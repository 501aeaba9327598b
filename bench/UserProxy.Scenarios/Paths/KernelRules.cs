using UserProxy.Scenarios.Bed;

namespace UserProxy.Scenarios.Paths;

/// <summary>Rules of iptables on the node: loaded whole, and taken away without a trace, for the paths that have any.</summary>
internal static class KernelRules
{
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    public static async Task LoadAsync(TestBed bed, string rules, CancellationToken stop) =>
        (await bed.FeedAsync(bed.Node, rules, Limit, stop, "iptables-restore", "-w", "5")).Expect("iptables-restore");

    /// <summary>With its last rule the kernel also takes connection tracking out of the packets' way.</summary>
    public static async Task FlushAsync(TestBed bed)
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
