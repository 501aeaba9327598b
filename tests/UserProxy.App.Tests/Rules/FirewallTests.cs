using System.Net;
using UserProxy.App.Rules;
using UserProxy.Linux.PortInspection;
using UserProxy.Model;

namespace UserProxy.App.Tests.Rules;

/// <summary>What becomes of a client of 192.0.2.1:30080 in firewalls as people write them: rules apart by a bar, as both tools list them.</summary>
public sealed class FirewallTests
{
    private const string Client = "10.7.7.2";

    private const string Closed = "iif \"lo\" accept|ct state established,related accept|tcp dport 22 accept";

    private const string ClosedByIptables =
        "-A INPUT -i lo -j ACCEPT|-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT|-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT";

    /// <summary>As kube-proxy lists its maps in nftables mode.</summary>
    private const string KubeProxy =
        "ct state new meta l4proto . th dport vmap @service-nodeports|ip daddr . meta l4proto . th dport vmap @service-ips"
            + "|ip daddr @nodeport-ips meta l4proto . th dport @no-endpoint-nodeports drop|ip daddr . meta l4proto . th dport @no-endpoint-services drop";

    [Theory]
    [InlineData(Closed, true, "No")]
    [InlineData(Closed, false, "Through")]
    [InlineData(Closed + "|tcp dport { 80, 30000-32767 } accept", true, "Through")]
    [InlineData(Closed + "|tcp dport @open accept", true, "Perhaps")]
    [InlineData(Closed + "|udp dport 30080 accept", true, "No")]
    [InlineData(Closed + "|ip saddr 10.7.7.0/24 accept", true, "Through")]
    [InlineData(Closed + "|ip saddr 198.51.100.0/24 tcp dport 30080 accept", true, "No")]
    [InlineData(Closed + "|ip saddr @friends accept", true, "Perhaps")]
    [InlineData(Closed + "|iifname \"eth0\" accept", true, "Perhaps")]
    [InlineData(Closed + "|meta l4proto { icmp, ipv6-icmp } accept|ip protocol icmp accept|icmp type echo-request accept", true, "No")]
    [InlineData(Closed + "|ct status dnat accept|ct state invalid drop", true, "No")]
    [InlineData(Closed + "|counter log prefix \"accept: \"", true, "No")]
    [InlineData(Closed + "|accept", true, "Through")]
    [InlineData(Closed + "|reject with icmpx admin-prohibited", false, "No")]
    [InlineData("iif != \"lo\" drop", false, "No")]
    [InlineData("iifname \"eth0\" counter drop", false, "Perhaps")]
    [InlineData("ct state vmap { established : accept, related : accept, invalid : drop }|tcp dport 22 accept|drop", false, "No")]
    [InlineData("tcp dport vmap { 22 : accept, 30080 : drop }", false, "No")]
    [InlineData("tcp dport vmap { 22 : accept, 80 : drop }", false, "Through")]
    [InlineData("tcp dport vmap @ports", false, "Perhaps")]
    [InlineData("tcp dport @closed drop", false, "Perhaps")]
    [InlineData("udp dport @closed drop", false, "Through")]
    [InlineData("tcp dport != 22 drop", false, "No")]
    [InlineData("udp dport != 53 drop", false, "Through")]
    [InlineData("ip6 saddr != fd00::1 drop", false, "Through")]
    [InlineData("ip saddr 10.7.7.2 drop", false, "No")]
    [InlineData("ip saddr @blocked drop", false, "Perhaps")]
    [InlineData("ip saddr vmap @blocked", false, "Perhaps")]
    [InlineData("ip saddr @blocked tcp dport 30080 drop", false, "Perhaps")]
    [InlineData("fib saddr . iif oif missing drop|fib daddr type broadcast drop", false, "Through")]
    [InlineData("tcp flags syn / fin,syn,rst,ack ct state new drop", false, "No")]
    [InlineData("jump more", false, "No")]
    [InlineData("tcp dport 22 jump more", false, "Through")]
    [InlineData("meta mark 0x1 jump more", false, "Through")]
    [InlineData("jump nowhere", true, "Perhaps")]
    [InlineData(Closed + "|meta l4proto . th dport { tcp . 22, tcp . 30080 } accept", true, "Through")]
    [InlineData(Closed + "|iifname . tcp dport { \"lo\" . 30080 } accept", true, "No")]
    [InlineData(Closed + "|ip protocol . th dport { tcp . 30080 } accept", true, "Through")]
    [InlineData(Closed + "|ct state . tcp dport { new . 30080 } accept", true, "Through")]
    [InlineData(Closed + "|ip saddr . tcp dport vmap { 10.7.7.2 . 30080 : accept }", true, "Through")]
    [InlineData(Closed + "|fib daddr . iif type local accept", true, "Perhaps")]
    [InlineData(Closed + "|udp dport . ip saddr { 53 . 10.7.7.2 } accept", true, "No")]
    [InlineData(Closed + "|tcp dport 22 ip saddr . ip daddr @pairs accept", true, "No")]
    [InlineData("meta l4proto . th dport { tcp . 30080 } drop", false, "No")]
    [InlineData(KubeProxy, false, "Perhaps")]
    [InlineData(Closed + "|tcp dport 30080 counter name \"web\" accept", true, "Through")]
    [InlineData(Closed + "|meta mark set 0x00000001 accept", true, "Through")]
    [InlineData(Closed + "|ct mark set meta mark & 0x0000ffff accept", true, "Through")]
    [InlineData("drop comment \"accept\"", false, "No")]
    [InlineData("accept comment \"drop\"", true, "Through")]
    public void Client_OfNftsRules_ComesOrNot(string rules, bool dropsTheRest, string comes) =>
        Judge(Of("nft", "inet f", rules, dropsTheRest, "input", "tcp dport 30080 drop"), comes);

    [Theory]
    [InlineData(ClosedByIptables, true, "No")]
    [InlineData(ClosedByIptables, false, "Through")]
    [InlineData(ClosedByIptables + "|-A INPUT -p tcp -m multiport --dports 80,30080 -j ACCEPT", true, "Through")]
    [InlineData(ClosedByIptables + "|-A INPUT -p tcp -m multiport --ports 80,30080 -j ACCEPT", true, "Through")]
    [InlineData(ClosedByIptables + "|-A INPUT -p tcp -m multiport --ports 80,443 -j ACCEPT", true, "No")]
    [InlineData(ClosedByIptables + "|-A INPUT -p udp -m udp --dport 30080 -j ACCEPT", true, "No")]
    [InlineData(ClosedByIptables + "|-A INPUT -p icmp -m icmp --icmp-type 8 -j ACCEPT", true, "No")]
    [InlineData(ClosedByIptables + "|-A INPUT -m set --match-set friends src -j ACCEPT", true, "Perhaps")]
    [InlineData(ClosedByIptables + "|-A INPUT -j REJECT --reject-with icmp-port-unreachable", false, "No")]
    [InlineData("-A INPUT ! -i lo -j DROP", false, "No")]
    [InlineData("-A INPUT -s 10.7.7.2/32 -p tcp -m tcp --dport 30080 -j DROP", false, "No")]
    [InlineData("-A INPUT -s 10.7.7.0/24 -p tcp -m tcp --dport 30080 -j DROP", false, "No")]
    [InlineData("-A INPUT -s 10.7.8.0/24 -p tcp -m tcp --dport 30080 -j DROP", false, "Through")]
    [InlineData("-A INPUT ! -s 10.7.8.0/24 -p tcp -m tcp --dport 30080 -j DROP", false, "No")]
    [InlineData("-A INPUT -i v0 -p tcp -m tcp --dport 30080 -j DROP", false, "Perhaps")]
    [InlineData("-A INPUT -p tcp -m tcp --dport 30080 -m recent --update --seconds 60 -j DROP", false, "Perhaps")]
    [InlineData("-A INPUT -m set --match-set closed dst -j DROP", false, "Perhaps")]
    [InlineData("-A INPUT -m set --match-set blocked src -j DROP", false, "Perhaps")]
    [InlineData("-A INPUT -m iprange --src-range 10.7.7.0-10.7.7.9 -j DROP", false, "No")]
    [InlineData("-A INPUT -p tcp -m tcp ! --dport 22 -j DROP", false, "No")]
    [InlineData("-A INPUT -p tcp -m tcp --dport 30080 --tcp-flags FIN,SYN,RST,ACK SYN -j DROP", false, "No")]
    [InlineData("-A INPUT -m conntrack --ctstate INVALID -j DROP", false, "Through")]
    [InlineData("-A INPUT -j LOG --log-prefix \"DROP \"", false, "Through")]
    [InlineData("-A INPUT -j more", false, "No")]
    [InlineData("-A INPUT -p tcp -g more", true, "No")]
    [InlineData("-A INPUT -m addrtype --dst-type LOCAL -j RETURN", true, "No")]
    public void Client_OfIptablesRules_ComesOrNot(string rules, bool dropsTheRest, string comes) => Judge(
        Of("iptables-save", "filter", rules, dropsTheRest, "input", "-A more -p tcp -m tcp --dport 30080 -j DROP"), comes);

    [Fact]
    public void Answer_ThatIsDropped_IsSeen()
    {
        var chains = Of("iptables-save", "filter", "-A OUTPUT -p tcp -m tcp --sport 30080 -j DROP", false, "output", "");

        var dropping = Follow(chains, Outside())!;

        (dropping.Kind, dropping.IsCertain).ShouldBe((PacketKind.Answer, true));
        Follow(Of("nft", "inet f", "ct state established accept", true, "output", ""), Outside()).ShouldBeNull();
    }

    /// <summary>It lets the port in, and nothing of what follows.</summary>
    [Theory]
    [InlineData("ct state new tcp dport 30080 accept", "Later")]
    [InlineData("tcp dport 30080 tcp flags syn / fin,syn,rst,ack accept", "Later")]
    [InlineData("tcp dport 30080 accept", null)]
    [InlineData("ct state established accept|ct state new tcp dport 30080 accept", null)]
    public void FirewallThatLetsNewConnectionsInAlone_DropsWhatFollows(string rules, string? dropped)
    {
        var dropping = Follow(Of("nft", "inet f", rules, true, "input", ""), Outside());

        dropping?.Kind.ToString().ShouldBe(dropped);
        (dropping is { IsCertain: true }).ShouldBe(dropped is not null);
    }

    [Theory]
    [InlineData("ip6tables-save", "filter")]
    [InlineData("nft", "ip6 f")]
    [InlineData("nft", "inet userproxy")]
    [InlineData("nft", "bridge f")]
    public void ChainThatThePacketDoesNotMeet_IsNone(string source, string table) =>
        Follow(Of(source, table, "", true, "input", ""), Outside()).ShouldBeNull();

    /// <summary>Calico's chains for its Pods, which drop what comes by a link that it does not know.</summary>
    [Theory]
    [InlineData("eth0", "Through")]
    [InlineData("cali9", "No")]
    [InlineData(null, "Perhaps")]
    public void Client_OfCalicosChains_ComesOrNot(string? device, string comes)
    {
        List<FilterChain> chains =
        [
            Table("INPUT", "input", "-A INPUT -m comment --comment \"cali:Cz_u1IQiXIMmKD4c\" -j cali-INPUT"),
            Table("cali-INPUT", null, "-A cali-INPUT -i cali+ -g cali-wl-to-host|-A cali-INPUT -m mark --mark 0x10000/0x10000 -j ACCEPT"),
            Table("cali-wl-to-host", null, "-A cali-wl-to-host -j cali-from-wl-dispatch|-A cali-wl-to-host -j ACCEPT"),
            Table("cali-from-wl-dispatch", null, "-A cali-from-wl-dispatch -i cali4f2 -g cali-fw-cali4f2|-A cali-from-wl-dispatch -j DROP"),
            Table("cali-fw-cali4f2", null, "-A cali-fw-cali4f2 -m mark --mark 0x10000/0x10000 -j RETURN|-A cali-fw-cali4f2 -j DROP"),
        ];

        Judge(chains, comes, device);
        if (device is null) Follow(chains, Outside())!.IsReached.ShouldBeFalse();

        static FilterChain Table(string name, string? hook, string rules) => new("iptables-save", "filter", name) { Hook = hook, Rules = Split(rules) };
    }

    /// <summary>The zone of the client lets the port in, and that of virtual machines rejects it.</summary>
    [Theory]
    [InlineData("eth0", "Through")]
    [InlineData("virbr0", "No")]
    [InlineData(null, "Perhaps")]
    public void Client_OfFirewalldsZones_ComesOrNot(string? device, string comes)
    {
        List<FilterChain> chains =
        [
            Table("filter_INPUT", "input", "ct state { established, related } accept|iifname \"lo\" accept|jump filter_INPUT_ZONES|reject"),
            Table("filter_INPUT_ZONES", null, "iifname \"virbr0\" goto filter_IN_libvirt|goto filter_IN_public"),
            Table("filter_IN_libvirt", null, "tcp dport 22 accept|reject"),
            Table("filter_IN_public", null, "tcp dport 30080 accept|reject with icmpx admin-prohibited"),
        ];

        Judge(chains, comes, device);

        static FilterChain Table(string name, string? hook, string rules) => new("nft", "inet firewalld", name) { Hook = hook, Rules = Split(rules) };
    }

    /// <summary>What leads to the rule is for some clients: so is the rule.</summary>
    [Fact]
    public void RuleInAChainForSomeClients_IsAsDoubtfulAsTheJump()
    {
        var any = Outside() with { Clients = [] };
        var chains = Of("iptables-save", "filter", "-A INPUT -s 10.9.0.0/16 -j more", false, "input", "-A more -i eth7 -j DROP");

        Follow(chains, any).ShouldBeNull();
        Follow(Of("iptables-save", "filter", "-A INPUT -j more", false, "input", "-A more -i eth7 -j DROP"), any)!.IsReached.ShouldBeTrue();
    }

    /// <summary>The rules that were to come may let it in.</summary>
    [Fact]
    public void ChainThatWasNotReadToItsEnd_IsNoCertainDrop()
    {
        var whole = Of("iptables-save", "filter", "-A INPUT -j more-to-come", true, "input", "")[0];

        Follow([whole], Outside())!.IsCertain.ShouldBeTrue();
        Follow([whole with { IsCut = true }], Outside())!.IsCertain.ShouldBeFalse();
        Follow([whole with { DropsTheRest = false, IsCut = true, Rules = [.. whole.Rules, "-A INPUT -j DROP"] }], Outside())!.IsCertain.ShouldBeFalse();
    }

    [Fact]
    public void RulesThatDoNotTell_AreListedUpToTwenty() =>
        Follow(
            Of("nft", "inet f", string.Join('|', Enumerable.Range(0, 50).Select(number => $"ip saddr @s{number} accept")), true, "input", ""), Outside())!
            .Undecided.Count.ShouldBe(20);

    [Fact]
    public void ProcessOfThisNode_ComesByLoopback()
    {
        var chains = Of("nft", "inet f", Closed, true, "input", "");
        var local = new Connection(TransportProtocol.Tcp, [IPAddress.Parse("192.0.2.1")], 30080, [IPAddress.Parse("192.0.2.1")], Way.Local);

        Follow(chains, local).ShouldBeNull();
        Follow(Of("nft", "inet f", "iif lo drop", false, "input", ""), local)!.IsCertain.ShouldBeTrue();
    }

    /// <summary>Without a client that is asked for: what is for some sources is undecided.</summary>
    [Fact]
    public void AnyClient_IsDroppedWhereAllAre()
    {
        var any = Outside() with { Clients = [] };

        Follow(Of("nft", "inet f", Closed, true, "input", ""), any)!.IsCertain.ShouldBeTrue();
        Follow(Of("nft", "inet f", Closed + "|ip saddr 10.0.0.0/8 accept", true, "input", ""), any)!.IsCertain.ShouldBeFalse();
        Follow(Of("nft", "inet f", "ip saddr 10.0.0.0/8 tcp dport 30080 drop", false, "input", ""), any).ShouldBeNull();
        Follow(Of("nft", "inet f", "ip saddr . tcp dport { 203.0.113.5 . 30080 } drop", false, "input", ""), any).ShouldBeNull();
    }

    /// <summary>nft lists what iptables made in words of which some are not known here.</summary>
    [Fact]
    public void ChainThatBothToolsList_IsReadAsIptablesLists()
    {
        List<FilterChain> chains = [
            .. Of("nft", "ip filter", "xt match \"x\" accept", true, "input", "", "INPUT"),
            .. Of("iptables-save", "filter", "-A INPUT -m x -p udp -j ACCEPT", true, "input", "", "INPUT")];

        var dropping = Follow(chains, Outside())!;

        (dropping.Chain, dropping.Rule, dropping.IsCertain).ShouldBe((chains[2], null, true));
    }

    private static Connection Outside() =>
        new(TransportProtocol.Tcp, [IPAddress.Parse("192.0.2.1")], 30080, [IPAddress.Parse(Client)], Way.Incoming);

    private static Dropping? Follow(IReadOnlyList<FilterChain> chains, Connection connection) => Firewall.Of(ChainTable.Of(chains), connection);

    private static void Judge(List<FilterChain> chains, string comes, string? device = null)
    {
        var dropping = Follow(chains, Outside() with { Device = device });

        (dropping is null ? "Through" : dropping.IsCertain ? "No" : "Perhaps").ShouldBe(comes, $"{dropping}");
    }

    private static List<FilterChain> Of(
        string source, string table, string rules, bool dropsTheRest, string hook, string more, string name = "in") =>
    [
        new FilterChain(source, table, name) { Hook = hook, DropsTheRest = dropsTheRest, Rules = Split(rules) },
        new FilterChain(source, table, "more") { Rules = Split(more) },
    ];

    private static string[] Split(string rules) => rules.Split('|', StringSplitOptions.RemoveEmptyEntries);
}
