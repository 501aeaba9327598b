using UserProxy.Linux.PortInspection;
using UserProxy.Model;

namespace UserProxy.Linux.Tests.PortInspection;

public sealed class PortRuleFinderTests
{
    [Theory]
    [InlineData("tcp dport 30080 dnat to 10.244.1.5:8080")]
    [InlineData("meta l4proto tcp fib daddr type local tcp dport 30080  counter packets 0 bytes 0 dnat to 10.244.1.5:8080")]
    [InlineData("tcp dport { 80, 30080 } drop")]
    [InlineData("th dport 30000-32767 drop")]
    [InlineData("tcp dport != 30080 accept")]
    [InlineData("elements = { tcp . 30080 : goto external-ABC/ns/web/tcp/http }")]
    [InlineData("-A KUBE-NODEPORTS -p tcp -m comment --comment \"ns/web:http\" -m tcp --dport 30080 -j KUBE-EXT-ABC")]
    [InlineData("-A INPUT -p tcp -m multiport --dports 80,30080 -j DROP")]
    [InlineData("-A INPUT -p tcp -m tcp --dport 30000:32767 -j DROP")]
    public void Read_RuleThatNamesThePort_IsAHint(string line) => Hints(line).ShouldHaveSingleItem().Text.ShouldBe(line);

    [Theory]
    [InlineData("tcp dport 3008 accept")]
    [InlineData("tcp dport 300801 accept")]
    [InlineData("tcp sport 30080 accept")]
    [InlineData("udp dport 30080 drop")]
    [InlineData("elements = { udp . 30080 : goto x }")]
    [InlineData("-A X -p udp -m udp --dport 30080 -j DROP")]
    [InlineData("-A KUBE-SEP-X -p tcp -m tcp -j DNAT --to-destination 10.244.1.5:30080")]
    [InlineData("-A INPUT -p tcp -m tcp --dport 100:200 -j DROP")]
    [InlineData("# 30080")]
    public void Read_RuleThatDoesNot_IsNone(string line) => Hints(line).ShouldBeEmpty();

    [Fact]
    public void Read_Nft_KnowsTableAndChain() =>
        Hints("table ip kube-proxy {", "\tchain nodeports {", "\t\ttcp dport 30080 goto x", "\t}", "}").ShouldHaveSingleItem().Place.ShouldBe(
            "ip kube-proxy chain nodeports");

    [Fact]
    public void Read_TableThatSleeps_HasNoHints() =>
        Hints(
            "table inet asleep {", "\tflags dormant", "\tchain in {", "\t\ttcp dport 30080 drop", "\t}", "}", "table inet awake { # progname x", "\tchain in {",
            "\t\ttcp dport 30080 drop", "\t}", "}").ShouldHaveSingleItem().Place.ShouldBe("inet awake chain in");

    [Fact]
    public void Read_IptablesSave_KnowsTheTable() =>
        Hints("*nat", ":PREROUTING ACCEPT [0:0]", "-A OUTPUT -p tcp -m tcp --dport 30080 -j X").ShouldHaveSingleItem().Place.ShouldBe("nat");

    [Fact]
    public void Read_LongLine_IsCutAroundThePort()
    {
        string line = "elements = { " + string.Join(", ", Enumerable.Range(30000, 200).Select(port => $"tcp . {port} : goto external-{port}")) + " }";

        string text = Hints(line).ShouldHaveSingleItem().Text;

        text.Length.ShouldBeLessThan(170);
        text.ShouldContain("tcp . 30080 : goto external-30080");
    }

    /// <summary>Its condition and its verdict are beside the port or far from it.</summary>
    [Fact]
    public void Read_LongRule_IsKeptWhole_AndShortenedForShowing()
    {
        string sources = string.Join(", ", Enumerable.Range(1, 20).Select(number => $"198.51.100.{number}"));
        string line = $"ip saddr {{ {sources} }} tcp dport 30080 accept";

        var hint = Hints(line).ShouldHaveSingleItem();

        hint.Whole.ShouldBe(line);
        hint.Text.Length.ShouldBeLessThan(170);
        hint.Text.ShouldNotContain("saddr");
        hint.Text.ShouldEndWith("tcp dport 30080 accept");
    }

    /// <summary>The others are about other ports.</summary>
    [Theory]
    [InlineData("elements = { 10.0.0.1 . tcp . 80 : goto a, 10.0.0.2 . tcp . 30080 : goto b,", "elements = { 10.0.0.2 . tcp . 30080 : goto b")]
    [InlineData("10.0.0.1 . tcp . 80 : goto a, tcp . 30080 comment \"x, y\" : goto b, udp . 30080 : goto c }", "tcp . 30080 comment \"x, y\" : goto b }")]
    [InlineData("meta l4proto . th dport vmap { tcp . 80 : drop, tcp . 30080 : accept, tcp . 30000-30100 : drop } counter",
        "meta l4proto . th dport vmap { tcp . 30080 : accept, tcp . 30000-30100 : drop } counter")]
    [InlineData("tcp . 30080 : drop", "tcp . 30080 : drop")]
    public void Read_Elements_AreThoseOfThePort(string line, string whole) => Hints(line).ShouldHaveSingleItem().Whole.ShouldBe(whole);

    [Fact]
    public void Read_Nft_KnowsTheHookOfABaseChain() =>
        Hints(
            "table inet f {", "\tchain port-forwards {", "\t\ttcp dport 30080 accept", "\t}", "\tchain in {",
            "\t\ttype filter hook input priority filter; policy accept;", "\t\ttcp dport 30080 drop", "\t}", "\tchain more {", "\t\ttcp dport 30080 counter",
            "\t}", "}").Select(hint => hint.Hook).ShouldBe([null, "input", null]);

    [Fact]
    public void Read_ManyRules_KeepsSome_AndCountsTheOthers()
    {
        var rules = new PortRuleFinder("nft", TransportProtocol.Tcp, 30080);

        foreach (int number in Enumerable.Range(0, 250)) rules.Read($"ip daddr 10.96.0.{number} tcp dport 30080 accept");

        (rules.Hints.Count, rules.LeftOut).ShouldBe((200, 50));
    }

    [Fact]
    public void Find_VirtualServers_OfThePort()
    {
        string[] lines =
        [
            "IP Virtual Server version 1.2.1 (size=4096)",
            "Prot LocalAddress:Port Scheduler Flags",
            "  -> RemoteAddress:Port Forward Weight ActiveConn InActConn",
            "TCP  0A000001:7580 rr",
            "  -> 0AF40105:1F90      Masq    1      0          0",
            "  -> 0AF40106:1F90      Masq    1      0          0",
            "UDP  0A000001:7580 rr",
            "TCP  [fd00:0000:0000:0000:0000:0000:0000:0001]:7580 wrr",
            "TCP  0A000001:7581 rr",
        ];

        VirtualServers.Find(lines, TransportProtocol.Tcp, 30080).Select(hint => hint.Text)
            .ShouldBe(["10.0.0.1:30080 rr, 2 destinations", "[fd00:0000:0000:0000:0000:0000:0000:0001]:30080 wrr, 0 destinations"]);
    }

    private static List<RuleHint> Hints(params string[] lines)
    {
        var rules = new PortRuleFinder("nft", TransportProtocol.Tcp, 30080);
        foreach (string line in lines) rules.Read(line);
        return rules.Hints;
    }
}
