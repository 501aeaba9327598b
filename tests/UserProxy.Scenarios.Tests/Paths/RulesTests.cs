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
}
