using UserProxy.App.Rules;

namespace UserProxy.App.Tests.Rules;

/// <summary>Rules of NAT that name no port, and send all that comes elsewhere, as seen of a kernel.</summary>
public sealed class NatWithoutPortTests
{
    [Theory]
    [InlineData("dnat to 10.0.0.9", "First")]
    [InlineData("dnat to 10.0.0.9-10.0.0.12 random", "First")]
    [InlineData("ip daddr 192.0.2.1 dnat to 10.0.0.9", "First")]
    [InlineData("ip daddr 192.0.2.9 dnat to 10.0.0.9", "Through")]
    [InlineData("tcp dport 0-65535 redirect to :1234", "First")]
    [InlineData("redirect", "Perhaps")]
    [InlineData("tcp dport 30080 redirect to :30080", "Perhaps")]
    [InlineData("udp dport 0-65535 redirect to :1234", "Through")]
    [InlineData("ip saddr 203.0.113.0/24 dnat to 10.0.0.9", "Through")]
    [InlineData("ip saddr != 203.0.113.0/24 dnat to 10.0.0.9", "Perhaps")]
    [InlineData("tcp dport 30080 accept; dnat to 10.0.0.9", "Through")]
    [InlineData("limit rate 5/second accept; dnat to 10.0.0.9", "Perhaps")]
    [InlineData("masquerade", "Through")]
    public void ClientFromOutside_OfNft(string rules, string fate) =>
        Ruleset.Fate("nft", Nft("prerouting", "dstnat", rules), Ruleset.Outside).ShouldBe(fate);

    [Theory]
    [InlineData("PREROUTING", "-p tcp -j REDIRECT --to-ports 1234", "First", "Through", "Through")]
    [InlineData("PREROUTING", "-d 192.0.2.1/32 -j DNAT --to-destination 10.0.0.9", "First", "Through", "Through")]
    [InlineData("PREROUTING", "-j NETMAP --to 10.1.0.0/16", "First", "Through", "Through")]
    [InlineData("OUTPUT", "-p tcp -j REDIRECT --to-ports 1234", "Through", "First", "First")]
    [InlineData("OUTPUT", "-m owner --uid-owner 1000 -j RETURN|-p tcp -j REDIRECT --to-ports 1234", "Through", "Perhaps", "Perhaps")]
    [InlineData("POSTROUTING", "-j MASQUERADE", "Through", "Through", "Through")]
    [InlineData("POSTROUTING", "-j NETMAP --to 10.1.0.0/16", "Through", "Through", "Through")]
    [InlineData("PREROUTING", "-p tcp -m tcp --dport 1:65535 -j REDIRECT --to-ports 1234", "First", "Through", "Through")]
    public void EachWay_OfIptables(string chain, string rules, string outside, string here, string dial)
    {
        string listing = Ruleset.Iptables(chain, rules).Replace("*filter", "*nat", StringComparison.Ordinal);

        ((string[])[.. new[] { Ruleset.Outside, Ruleset.Here, Ruleset.Dial }.Select(one => Ruleset.Fate("iptables-save", listing, one))])
            .ShouldBe([outside, here, dial]);
    }

    [Fact]
    public void Redirect_IsNat_AndTheRuleThatLetsByIsOfItsTable()
    {
        var dropping = Ruleset.Follow(
            "iptables-save", Ruleset.Iptables("PREROUTING", "-p tcp -j REDIRECT --to-ports 1234").Replace("*filter", "*nat", StringComparison.Ordinal),
            Ruleset.Outside)!;

        (dropping.IsNat, dropping.IsRest).ShouldBe((true, false));
        RuleCommands.LetBy(dropping, Ruleset.Outside).ShouldBe("sudo iptables -t nat -I PREROUTING -p tcp --dport 30080 -j ACCEPT");
    }

    private static string Nft(string hook, string priority, string rules) => Ruleset.Nft(hook, rules)
        .Replace("type filter", "type nat", StringComparison.Ordinal).Replace("priority filter", $"priority {priority}", StringComparison.Ordinal);
}
