using System.Net;
using UserProxy.App.Rules;
using UserProxy.Linux.PortInspection;
using UserProxy.Model;

namespace UserProxy.App.Tests.Rules;

/// <summary>What rules as Docker, kube-proxy and firewalls write them do to a Service on 192.0.2.1:30080.</summary>
public sealed class NamedRuleTests
{
    [Theory]
    [InlineData("nft", "ip nat chain out", "tcp dport 30080 dnat to 10.244.1.5:8080", "TakesAway")]
    [InlineData("nft", "ip nat chain out", "tcp dport 30080 redirect to :8080", "TakesAway")]
    [InlineData("nft", "ip nat chain out", "ip daddr 192.0.2.1 tcp dport 30080 dnat to 10.244.1.5:8080", "TakesAway")]
    [InlineData("nft", "ip nat chain out", "ip daddr 203.0.113.7 tcp dport 30080 dnat to 10.244.1.5:8080", "None")]
    [InlineData("nft", "ip nat chain out", "ip daddr != 192.0.2.1 tcp dport 30080 dnat to 10.244.1.5:8080", "TakesAway")]
    [InlineData("iptables-save", "nat", "-A DOCKER ! -i docker0 -p tcp -m tcp --dport 30080 -j DNAT --to-destination 172.17.0.2:80", "TakesAway")]
    [InlineData("iptables-save", "nat", "-A DOCKER -d 192.0.2.1/32 ! -i docker0 -p tcp -m tcp --dport 30080 -j DNAT --to-destination 172.17.0.2:80",
        "TakesAway")]
    [InlineData("iptables-save", "nat", "-A KUBE-NODEPORTS -p tcp -m comment --comment \"demo/web\" -m tcp --dport 30080 -j KUBE-EXT-4D", "TakesAway")]
    [InlineData("iptables-save", "nat", "-A KUBE-SERVICES -d 10.96.0.77/32 -p tcp -m tcp --dport 30080 -j KUBE-SVC-4D", "None")]
    [InlineData("iptables-save", "filter", "-A INPUT -p tcp -m tcp --dport 30080 -j DROP", "Some")]
    [InlineData("iptables-save", "filter", "-A INPUT -p tcp -m tcp --dport 30080 -j ACCEPT", "None")]
    [InlineData("iptables-save", "filter", "-A INPUT -s 198.51.100.0/24 -p tcp -m tcp --dport 30080 -j DROP", "Some")]
    [InlineData("nft", "inet f chain in", "tcp dport 30080 drop", "Some")]
    [InlineData("nft", "inet f chain in", "ip saddr 198.51.100.0/24 tcp dport 30080 reject", "Some")]
    [InlineData("nft", "inet userproxy chain in", "tcp dport 30080 drop", "None")]
    [InlineData("nft", "ip kube-proxy map service-nodeports", "tcp . 30080 : goto external-4D-demo/web/tcp/", "TakesAway")]
    [InlineData("nft", "ip kube-proxy map service-ips", "10.96.0.77 . tcp . 30080 : goto service-4D-demo/web/tcp/", "None")]
    [InlineData("nft", "ip nat chain out", "ip daddr { 203.0.113.7, 203.0.113.8 } tcp dport 30080 dnat to 10.244.1.5:8080", "None")]
    [InlineData("iptables-save", "filter", "-A INPUT -p tcp -m tcp --dport 30080 -j REJECT --reject-with icmp-port-unreachable", "Some")]
    [InlineData("iptables-save", "filter", "-A INPUT -p tcp -m conntrack --ctstate NEW -m tcp --dport 30080 -j REJECT", "Some")]
    [InlineData("iptables-save", "filter", "-A INPUT -p tcp -m tcp --dport 30080 --tcp-flags FIN,SYN,RST,ACK SYN -j DROP", "Some")]
    [InlineData("iptables-save", "filter", "-A INPUT -p tcp -m multiport --dports 30000:32767 -j DROP", "Some")]
    [InlineData("iptables-save", "filter", "-A INPUT -p tcp -m conntrack --ctstate INVALID -m tcp --dport 30080 -j DROP", "None")]
    [InlineData("iptables-save", "filter", "-A INPUT -i eth1 -p tcp -m tcp --dport 30080 -j DROP", "Some")]
    [InlineData("iptables-save", "filter", "-A INPUT -p tcp -m tcp --dport 30080 -m time --timestart 08:00:00 -j DROP", "Some")]
    [InlineData("iptables-save", "filter", "-A OUTPUT -p tcp -m tcp --dport 30080 -j DROP", "Some")]
    [InlineData("iptables-save", "filter", "-A FORWARD -p tcp -m tcp --dport 30080 -j DROP", "None")]
    [InlineData("iptables-save", "filter", "-A DOCKER-USER -p tcp -m tcp --dport 30080 -j DROP", "None")]
    [InlineData("iptables-save", "filter", "-A INPUT -p tcp -m tcp ! --dport 30080 -j DROP", "None")]
    [InlineData("iptables-save", "filter", "-A INPUT -p tcp -m comment --comment \"no DROP here\" -m tcp --dport 30080 -j ACCEPT", "None")]
    [InlineData("iptables-save", "filter", "-A INPUT -p tcp -m tcp --dport 30080 -j LOG --log-prefix \"DROP: \"", "None")]
    [InlineData("ip6tables-save", "filter", "-A INPUT -p tcp -m tcp --dport 30080 -j REJECT", "None")]
    [InlineData("nft", "ip6 f chain in", "tcp dport 30080 reject", "None")]
    [InlineData("nft", "inet f chain in", "meta nfproto ipv6 tcp dport 30080 reject", "None")]
    [InlineData("nft", "inet f chain forward", "tcp dport 30080 drop", "None")]
    [InlineData("nft", "inet f chain in", "tcp dport != 30080 drop", "None")]
    [InlineData("nft", "inet f chain in", "meta l4proto tcp tcp dport 30080 counter reject", "Some")]
    [InlineData("nft", "inet f chain in", "ct state { new, untracked } tcp dport 30080 reject with tcp reset", "Some")]
    [InlineData("nft", "inet f chain in", "tcp dport 30080 meta mark 0x1 drop", "None")]
    [InlineData("nft", "ip filter chain INPUT", "tcp dport 30080 xt match \"recent\" counter drop", "Some")]
    [InlineData("nft", "inet f chain in", "ip daddr { 203.0.113.7, 203.0.113.8 } tcp dport 30080 drop", "None")]
    [InlineData("nft", "inet f chain in", "ct state established,new tcp dport 30080 drop", "Some")]
    [InlineData("nft", "inet f chain in", "ct state new,untracked tcp dport 30080 drop", "Some")]
    [InlineData("nft", "inet f chain in", "ct state established,related tcp dport 30080 drop", "None")]
    [InlineData("iptables-save", "filter", "-A INPUT -p tcp -m tcp --dport 30080 ! --tcp-flags FIN,SYN,RST,ACK SYN -j DROP", "None")]
    [InlineData("iptables-save", "filter", "-A INPUT -p tcp -m comment --comment \"a \\\"b\\\" DROP\" -m tcp --dport 30080 -j ACCEPT", "None")]
    [InlineData("nft", "inet f chain port-forwards", "tcp dport 30080 drop", "Some")]
    [InlineData("nft", "inet f chain FORWARD_ports", "tcp dport 30080 drop", "Some")]
    [InlineData("nft", "ip filter chain DOCKER-USER", "tcp dport 30080 drop", "None")]
    [InlineData("nft", "inet f chain postrouting", "tcp dport 30080 drop", "None")]
    [InlineData("iptables-save", "filter", "-A port-forwards -p tcp -m tcp --dport 30080 -j DROP", "Some")]
    [InlineData("iptables-save", "filter", "-A ufw-user-forward -p tcp -m tcp --dport 30080 -j DROP", "None")]
    [InlineData("ipvs", "", "TCP 192.0.2.1:30080 rr", "TakesAway")]
    public void Effect_OfARule_IsAsItsTextSays(string source, string place, string text, string effect) =>
        Effect(new RuleHint(source, place, text), [IPAddress.Parse("192.0.2.1"), IPAddress.Loopback]).ShouldBe(effect);

    /// <summary>What the chain is called is nothing beside where it hangs.</summary>
    [Theory]
    [InlineData("port-forwards", "input", "Some")]
    [InlineData("outputs", "input", "Some")]
    [InlineData("in", "prerouting", "Some")]
    [InlineData("in", "forward", "None")]
    [InlineData("in", "postrouting", "None")]
    [InlineData("in", "output", "Some")]
    public void Effect_OfARuleInABaseChain_IsByItsHook(string chain, string hook, string effect) =>
        Effect(new RuleHint("nft", $"inet f chain {chain}", "tcp dport 30080 drop") { Hook = hook }, [IPAddress.Loopback]).ShouldBe(effect);

    /// <summary>What is shown is cut: the words that are left may be another rule.</summary>
    [Theory]
    [InlineData("...0.0.9, 10.0.0.10 } tcp dport 30080 accept", "ip saddr { 10.0.0.1, 10.0.0.9, 10.0.0.10 } tcp dport 30080 accept", "None", false)]
    [InlineData("...0.0.9, 10.0.0.10 } tcp dport 30080 drop", "ip saddr { 10.0.0.1, 10.0.0.9, 10.0.0.10 } tcp dport 30080 drop", "Some", false)]
    [InlineData("tcp dport { 30080, 30081, 300...", "tcp dport { 30080, 30081, 30082 } drop", "Some", false)]
    [InlineData("tcp dport { 30080, 30081, 300...", "tcp dport { 30080, 30081, 30082 } accept", "None", true)]
    [InlineData("tcp dport 30080 accept comment \"do not drop...", "tcp dport 30080 accept comment \"do not drop it\"", "None", true)]
    [InlineData("...not DROP it\" -m tcp --dport 30080 -j LOG", "-A INPUT -p tcp -m comment --comment \"do not DROP it\" -m tcp --dport 30080 -j LOG",
        "None", false)]
    public void Rule_ThatIsCutForShowing_IsReadAsAWhole(string shown, string whole, string effect, bool ends)
    {
        var rule = new RuleHint("nft", "inet f chain in", shown) { Whole = whole };

        Effect(rule, [IPAddress.Parse("192.0.2.1")]).ShouldBe(effect);
        NamedRule.EndsChain(rule, TransportProtocol.Tcp, 30080, [IPAddress.Parse("192.0.2.1")]).ShouldBe(ends);
    }

    [Theory]
    [InlineData("iptables-save", "filter", "-A INPUT -p tcp -m tcp --dport 30080 -j ACCEPT", true)]
    [InlineData("nft", "inet f chain in", "tcp dport 30080 counter accept", true)]
    [InlineData("nft", "inet f chain in", "ct state established,new tcp dport 30080 accept", true)]
    [InlineData("iptables-save", "filter", "-A INPUT -p tcp -m tcp --dport 30080 ! --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT", false)]
    [InlineData("nft", "inet f chain in", "ip saddr 198.51.100.0/24 tcp dport 30080 accept", false)]
    [InlineData("nft", "ip6 f chain in", "tcp dport 30080 accept", false)]
    [InlineData("nft", "inet f chain in", "ip daddr 192.0.2.1 tcp dport 30080 accept", false)]
    [InlineData("iptables-save", "filter", "-A INPUT -p tcp -m tcp --dport 30080 -j REJECT", false)]
    public void Chain_EndsForAll_OnlyWhereARuleLetsAllIn(string source, string place, string text, bool ends) =>
        NamedRule.EndsChain(new RuleHint(source, place, text), TransportProtocol.Tcp, 30080, [IPAddress.Parse("192.0.2.1"), IPAddress.Loopback]).ShouldBe(ends);

    [Theory]
    [InlineData("iptables-save", "filter", "-A INPUT -p tcp -m tcp --dport 30080 -j REJECT", "sudo iptables -t filter -L INPUT -n --line-numbers")]
    [InlineData("ip6tables-save", "filter", "-A INPUT -p tcp -m tcp --dport 30080 -j DROP", "sudo ip6tables -t filter -L INPUT -n --line-numbers")]
    [InlineData("iptables-legacy-save", "filter", "-A X -p tcp --dport 30080 -j DROP", "sudo iptables-legacy -t filter -L X -n --line-numbers")]
    [InlineData("nft", "inet f chain in", "tcp dport 30080 drop", "sudo nft -a list chain inet f in")]
    [InlineData("nft", "inet f map ports", "tcp . 30080 : drop", null)]
    [InlineData("iptables-save", "filter", "-A $(reboot) -p tcp -m tcp --dport 30080 -j DROP", null)]
    public void Rule_IsShown_ByTheToolThatListsIt(string source, string place, string text, string? command) =>
        RuleCommands.Show(new RuleHint(source, place, text)).ShouldBe(command);

    private static string Effect(RuleHint rule, IReadOnlyList<IPAddress> addresses) =>
        NamedRule.EffectOf(rule, TransportProtocol.Tcp, 30080, addresses).ToString();
}
