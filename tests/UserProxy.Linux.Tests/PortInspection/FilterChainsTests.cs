using UserProxy.Linux.PortInspection;

namespace UserProxy.Linux.Tests.PortInspection;

public sealed class FilterChainsTests
{
    [Fact]
    public void Read_Nft_HasHooksPoliciesAndRules_AndNoSets()
    {
        var chains = Chains(
            "nft", "table inet f {", "\tset ports {", "\t\ttype inet_service", "\t\telements = { 80, 443 }", "\t}", "\tchain input {",
            "\t\ttype filter hook input priority filter; policy drop;", "\t\tiif \"lo\" accept", "\t\ttcp dport { 22, 80 } counter jump more", "\t}",
            "\tchain more {", "\t\taccept", "\t}", "\tchain out {", "\t\ttype nat hook output priority -100; policy accept;", "\t\tdrop", "\t}", "}");

        chains.Select(chain => (chain.Table, chain.Name, chain.Hook, chain.DropsTheRest)).ShouldBe(
            [("inet f", "input", "input", true), ("inet f", "more", null, false)]);
        chains[0].Rules.ShouldBe(["iif \"lo\" accept", "tcp dport { 22, 80 } counter jump more"]);
        chains[1].Rules.ShouldBe(["accept"]);
    }

    [Fact]
    public void Read_IptablesSave_HasHooksPoliciesAndRules_AndNoNat()
    {
        var chains = Chains(
            "iptables-save", "*filter", ":INPUT DROP [0:0]", ":U - [0:0]", "-A INPUT -i lo -j ACCEPT", "-A INPUT -j U", "-A U -p tcp -j ACCEPT", "COMMIT",
            "*nat", ":INPUT ACCEPT [0:0]", "-A INPUT -j DROP", "COMMIT");

        chains.Select(chain => (chain.Table, chain.Name, chain.Hook, chain.DropsTheRest)).ShouldBe(
            [("filter", "INPUT", "input", true), ("filter", "U", null, false)]);
        chains[0].Rules.ShouldBe(["-A INPUT -i lo -j ACCEPT", "-A INPUT -j U"]);
    }

    /// <summary>kube-proxy's leave room for those that the kernel calls.</summary>
    [Fact]
    public void Read_TensOfThousandsOfRules_KeepsSome_AndTheHooksOwn()
    {
        var chains = Chains(
            "iptables-save",
            [
                "*filter", ":A - [0:0]", ":INPUT ACCEPT [0:0]", .. Enumerable.Range(0, 5000).Select(number => $"-A A -d 10.96.0.{number} -j REJECT"),
                "-A INPUT -j DROP",
            ]);

        (chains[0].Rules.Count, chains[0].IsCut).ShouldBe((2000, true));
        (chains[1].Rules.Count, chains[1].IsCut).ShouldBe((1, false));
    }

    private static List<FilterChain> Chains(string source, params string[] lines)
    {
        var chains = new FilterChains(source);
        foreach (string line in lines) chains.Read(line);
        return [.. chains.Chains];
    }
}
