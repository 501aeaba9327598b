using UserProxy.Linux.PortInspection;

namespace UserProxy.Linux.Tests.PortInspection;

public sealed class FilterChainsTests
{
    [Fact]
    public void Read_Nft_HasHooksPoliciesRulesAndSets()
    {
        var chains = Chains(
            "nft", "table inet f {", "\tset ports {", "\t\ttype inet_service", "\t\telements = { 80, 443 }", "\t}", "\tchain input {",
            "\t\ttype filter hook input priority filter; policy drop;", "\t\tiif \"lo\" accept", "\t\ttcp dport { 22, 80 } counter jump more", "\t}",
            "\tchain more {", "\t\taccept", "\t}", "\tchain out {", "\t\ttype nat hook output priority -100; policy accept;", "\t\tdrop", "\t}", "}");

        chains.Select(chain => (chain.Table, chain.Name, chain.Hook, chain.DropsTheRest)).ShouldBe(
            [("inet f", "input", "input", true), ("inet f", "more", null, false), ("inet f", "out", "output", false)]);
        chains.Select(chain => (chain.IsOfNat, chain.Priority)).ShouldBe([(false, 0), (false, 0), (true, -100)]);
        chains[1].Sets["ports"].Elements.ShouldBe(["80", "443"]);
        chains[0].Rules.ShouldBe(["iif \"lo\" accept", "tcp dport { 22, 80 } counter jump more"]);
        chains[1].Rules.ShouldBe(["accept"]);
    }

    [Fact]
    public void Read_IptablesSave_HasHooksPoliciesAndRules()
    {
        var chains = Chains(
            "iptables-save", "*filter", ":INPUT DROP [0:0]", ":U - [0:0]", "-A INPUT -i lo -j ACCEPT", "-A INPUT -j U", "-A U -p tcp -j ACCEPT", "COMMIT",
            "*nat", ":INPUT ACCEPT [0:0]", "-A INPUT -j DROP", "COMMIT");

        chains.Select(chain => (chain.Table, chain.Name, chain.Hook, chain.DropsTheRest)).ShouldBe(
            [("filter", "INPUT", "input", true), ("filter", "U", null, false), ("nat", "INPUT", "input", false)]);
        chains.Select(chain => (chain.IsOfNat, chain.Priority)).ShouldBe([(false, 0), (false, 0), (true, 100)]);
        chains[0].Rules.ShouldBe(["-A INPUT -i lo -j ACCEPT", "-A INPUT -j U"]);
    }

    /// <summary>A blocklist in one rule.</summary>
    [Fact]
    public void Read_LongRule_IsKeptWhole()
    {
        string rule = $"ip saddr {{ {string.Join(", ", Enumerable.Range(0, 10_000).Select(number => $"10.0.{number / 250}.{number % 250}"))} }} drop";

        Chains("nft", "table inet f {", "\tchain c {", "\t\ttype filter hook input priority filter; policy accept;", $"\t\t{rule}", "\t}", "}")
            .ShouldHaveSingleItem().Rules.ShouldBe([rule]);
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

    /// <summary>The kernel calls none of its chains; the table after it is awake.</summary>
    [Fact]
    public void Read_TableThatSleeps_HasNoChains()
    {
        var chains = Chains(
            "nft", "table inet asleep {", "\tflags dormant", "\tchain in {", "\t\ttype filter hook input priority filter; policy drop;", "\t}", "}",
            "table inet awake { # progname x", "\tset s {", "\t\ttype ipv4_addr", "\t\tflags dynamic,timeout", "\t}", "\tchain in {",
            "\t\ttype filter hook input priority filter; policy drop;", "\t}", "}");

        chains.ShouldHaveSingleItem().Table.ShouldBe("inet awake");
    }

    [Fact]
    public void Cut_AllAreCut()
    {
        var chains = new FilterChains("iptables-save");
        foreach (string line in (string[])["*filter", ":INPUT DROP [0:0]", ":U - [0:0]", "-A INPUT -i lo -j ACCEPT"]) chains.Read(line);

        chains.Cut();

        chains.Chains.Select(chain => chain.IsCut).ShouldBe([true, true]);
    }

    /// <summary>Those that the kernel calls are among them, also of the tables that follow.</summary>
    [Fact]
    public void Read_TensOfThousandsOfChains_KeepsSome_AndTheHooksOwn()
    {
        var chains = Chains(
            "nft",
            [
                "table ip kube-proxy {", .. Enumerable.Range(0, 9000).SelectMany(number => (string[])[$"chain s{number} {{", "accept", "}"]),
                "chain in {", "type filter hook input priority filter; policy accept;", "drop", "}", "}", "table inet f {", "chain a {", "drop", "}", "}",
            ]);

        chains.Count.ShouldBe(4096 + 2);
        chains.Take(4097).ShouldAllBe(chain => chain.IsCut);
        (chains[4096].Hook, chains[4096].Rules.Count).ShouldBe(("input", 1));
        (chains[4097].Name, chains[4097].IsCut).ShouldBe(("a", false));
    }

    private static List<FilterChain> Chains(string source, params string[] lines)
    {
        var chains = new FilterChains(source);
        foreach (string line in lines) chains.Read(line);
        return [.. chains.Chains];
    }
}
