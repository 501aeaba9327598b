using System.Net;
using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Paths;

namespace UserProxy.Scenarios.Tests.Paths;

/// <summary>The rules are those that kube-proxy writes.</summary>
public sealed class RulesTests
{
    private static readonly Service Web = new("web", [.. new[] { "10.77.2.11:80", "10.77.2.12:80", "10.77.2.13:80" }.Select(IPEndPoint.Parse)])
    {
        ClusterIP = IPAddress.Parse("10.96.0.10"),
        NodePort = 30001,
    };

    [Fact]
    public void Iptables_PicksWithTheProbabilitiesOfTheRest()
    {
        string[] picks = [
            .. IptablesRules.Full([Web]).Split(
                '\n').Where(line => line.StartsWith("-A KUBE-SVC-", StringComparison.Ordinal) && line.Contains("-j KUBE-SEP-", StringComparison.Ordinal))];

        picks.Length.ShouldBe(3);
        picks[0].ShouldContain("--mode random --probability 0.3333333333");
        picks[1].ShouldContain("--mode random --probability 0.5000000000");
        picks[2].ShouldNotContain("probability");
    }

    [Fact]
    public void Iptables_EveryChainThatIsJumpedTo_IsDeclaredBefore()
    {
        string[] lines = IptablesRules.Full([Web]).Split('\n');
        string[] declared = [.. lines.Where(line => line.StartsWith(':')).Select(line => line[1..].Split(' ')[0])];
        string[] jumped = [
            .. lines.Where(line => line.Contains("-j KUBE-", StringComparison.Ordinal)).Select(
                line => line[(line.IndexOf("-j KUBE-", StringComparison.Ordinal) + 3)..]).Distinct()];

        declared.ShouldBeUnique();
        jumped.Length.ShouldBeGreaterThan(6);
        jumped.ShouldBeSubsetOf(declared);
        // KUBE-NODEPORTS only when nothing else has matched.
        lines.Last(line => line.StartsWith("-A KUBE-SERVICES", StringComparison.Ordinal)).ShouldEndWith("-j KUBE-NODEPORTS");
    }

    /// <summary>A partial sync: shared chains whole, of other Services nothing of their own, and what is gone is deleted.</summary>
    [Fact]
    public void Iptables_ChangeOfOneService_LeavesTheOthersChainsAlone()
    {
        var other = Web with { Name = "other", ClusterIP = IPAddress.Parse("10.96.0.11"), NodePort = 30002 };
        var less = Web with { Endpoints = [.. Web.Endpoints.Take(2)] };
        string[] full = IptablesRules.Full([Web, other]).Split('\n'), change = IptablesRules.Change([less, other], Web, less).Split('\n');

        string[] ofOther = [
            .. full.Where(line => line.StartsWith(":KUBE-S", StringComparison.Ordinal) && line.Length > 20).Except(
                IptablesRules.Full([Web]).Split('\n')).Select(line => line[1..].Split(' ')[0])];
        ofOther.Length.ShouldBe(4);
        change.ShouldNotContain(
            line => ofOther.Any(chain => line.StartsWith(":" + chain, StringComparison.Ordinal) || line.StartsWith("-A " + chain, StringComparison.Ordinal)));
        change.Count(line => line.StartsWith("-X KUBE-SEP-", StringComparison.Ordinal)).ShouldBe(1);
        change.Count(line => line.StartsWith("-A KUBE-SERVICES", StringComparison.Ordinal)).ShouldBe(3);
    }

    [Fact]
    public void Nftables_MapsLeadToTheServicesChains()
    {
        string rules = NftablesRules.Full([Web]);

        rules.ShouldContain("10.96.0.10 . tcp . 80 : goto");
        rules.ShouldContain("tcp . 30001 : goto");
        rules.ShouldContain("numgen random mod 3");
    }

    /// <summary>The set that is empty, kube-proxy does not name; the rules are as many whatever the Services.</summary>
    [Fact]
    public void Ipvs_RulesDoNotGrowWithTheServices()
    {
        var other = Web with { Name = "other", ClusterIP = IPAddress.Parse("10.96.0.11"), NodePort = 30002 };

        IpvsRules.Nat([Web]).ShouldBe(IpvsRules.Nat([Web, other]));
        IpvsRules.Nat([Web]).ShouldContain("-A KUBE-SERVICES -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT");
        IpvsRules.Nat([Web]).ShouldContain("--match-set KUBE-NODE-PORT-TCP dst -j KUBE-MARK-MASQ");
        IpvsRules.Nat([Web]).ShouldNotContain("KUBE-NODE-PORT-UDP");
        IpvsRules.Nat([Web with { ClusterIP = null }]).ShouldNotContain("KUBE-CLUSTER-IP");
        string[] declared = [.. IpvsRules.Nat([Web]).Split('\n').Where(line => line.StartsWith(':')).Select(line => line[1..].Split(' ')[0])];
        IpvsRules.Nat([Web]).Split('\n').Where(line => line.Contains("-j KUBE-", StringComparison.Ordinal))
            .Select(line => line[(line.IndexOf("-j KUBE-", StringComparison.Ordinal) + 3)..]).ShouldBeSubsetOf(declared);
    }

    [Fact]
    public void Ipvs_AServiceIsAVirtualServerOnEachOfItsAddresses()
    {
        string servers = IpvsRules.Servers([Web, Web with { Name = "dns", Protocol = "udp", ClusterIP = null, NodePort = 30003 }]);

        servers.Split('\n').Where(line => line.StartsWith("-A", StringComparison.Ordinal)).ShouldBe([
            "-A -t 10.96.0.10:80 -s rr", "-A -t 10.77.1.1:30001 -s rr", "-A -t 10.77.2.1:30001 -s rr", "-A -u 10.77.1.1:30003 -s rr",
            "-A -u 10.77.2.1:30003 -s rr",
        ]);
        servers.ShouldContain("-a -t 10.96.0.10:80 -r 10.77.2.12:80 -m -w 1\n");
        IpvsRules.Addresses([Web]).ShouldBe("link add kube-ipvs0 type dummy\naddr add 10.96.0.10/32 dev kube-ipvs0\n");
        IpvsRules.Members([Web]).ShouldContain("add KUBE-CLUSTER-IP 10.96.0.10,tcp:80\n");
        IpvsRules.Members([Web]).ShouldContain("add KUBE-NODE-PORT-TCP 30001\n");
        IpvsRules.Members([Web]).ShouldContain("add KUBE-LOOP-BACK 10.77.2.13,tcp:80,10.77.2.13\n");
    }

    /// <summary>One that has left finishes its connections; one that comes back is there already.</summary>
    [Fact]
    public void Ipvs_ChangeOfEndpoints_IsAChangeOfWeights()
    {
        var less = Web with { Endpoints = [.. Web.Endpoints.Take(2)], NodePort = 0 };
        var whole = Web with { NodePort = 0 };
        HashSet<IPEndPoint> known = [.. Web.Endpoints];

        IpvsRules.Change(whole, less, known).ShouldBe("-e -t 10.96.0.10:80 -r 10.77.2.13:80 -m -w 0\n");
        IpvsRules.Change(less, whole, known).ShouldBe("-e -t 10.96.0.10:80 -r 10.77.2.13:80 -m -w 1\n");
        IpvsRules.Change(less, whole, known.Take(2).ToHashSet()).ShouldBe("-a -t 10.96.0.10:80 -r 10.77.2.13:80 -m -w 1\n");
        IpvsRules.ChangedMembers(whole, less).ShouldBe("del KUBE-LOOP-BACK 10.77.2.13,tcp:80,10.77.2.13 -exist\n");
    }

    [Theory]
    [InlineData("modules.dep", "kernel/net/netfilter/ipvs/ip_vs.ko.xz: kernel/net/netfilter/nf_conntrack.ko.xz", true)]
    [InlineData("modules.builtin", "kernel/net/netfilter/ipvs/ip_vs.ko", true)]
    [InlineData("modules.dep", "kernel/net/netfilter/ipvs/ip_vs_rr.ko:", false)]
    [InlineData("modules.alias", "ip_vs.ko", false)]
    public void Ipvs_IsThereAsAModule(string file, string line, bool expected)
    {
        var folder = Directory.CreateTempSubdirectory("userproxy-modules-");
        try
        {
            File.WriteAllText(Path.Combine(folder.FullName, file), line + "\n");
            IpvsPath.HasModule(folder.FullName).ShouldBe(expected);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Userspace_NodePortsAreRedirectedToTheRelay()
    {
        string rules = UserspacePath.Rules([Web, Web with { Name = "bulk", NodePort = 30003 }], [40001, 40002]);

        rules.ShouldContain("--dport 30001 -j REDIRECT --to-ports 40001\n");
        rules.ShouldContain("--dport 30003 -j REDIRECT --to-ports 40002\n");
        rules.Split('\n').ShouldAllBe(line => line.Length == 0 || line[0] != ' ');
        rules.ShouldEndWith("COMMIT\n");
    }
}
