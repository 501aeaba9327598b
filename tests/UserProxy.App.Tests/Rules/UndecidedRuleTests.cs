
namespace UserProxy.App.Tests.Rules;

/// <summary>What a rule drops that names no port, as both tools print it: a condition that cannot be decided is a doubt, and no green.</summary>
public sealed class UndecidedRuleTests
{
    [Theory]
    [InlineData("tcp flags syn drop", "First")]
    [InlineData("tcp flags == syn drop", "First")]
    [InlineData("tcp flags { syn | ack, syn } drop", "First")]
    [InlineData("tcp flags syn / fin,syn,rst,ack drop", "First")]
    [InlineData("tcp flags & (fin | syn | rst | ack) == syn drop", "First")]
    [InlineData("tcp flags != syn drop", "Later")]
    [InlineData("tcp dport 30080 tcp flags & psh == psh drop", "Data")]
    [InlineData("tcp flags != syn / fin,syn,rst,ack ct state new drop", "Through")]
    [InlineData("tcp flags fin,syn / fin,syn drop", "Through")]
    [InlineData("tcp flags ! fin,syn,rst,psh,ack,urg drop", "Through")]
    [InlineData("tcp flags & (fin | syn | rst | psh | ack | urg) == 0x0 drop", "Through")]
    [InlineData("meta mark 0x00000001 drop", "Through")]
    [InlineData("meta mark != 0x00000001 drop", "First")]
    [InlineData("meta mark & 0x00000f00 == 0x00000200 drop", "Through")]
    [InlineData("ct mark 0x00000001 drop", "Through")]
    [InlineData("meta mark set 0x00000001; meta mark 0x00000001 drop", "First")]
    [InlineData("meta mark set meta mark | 0x00004000; meta mark & 0x00004000 == 0x00004000 drop", "First")]
    [InlineData("meta mark set meta mark | 0x00004000; meta mark & 0x00008000 == 0x00008000 drop", "Through")]
    [InlineData("limit rate 5/second meta mark set 0x00000001; meta mark 0x00000001 drop", "Perhaps")]
    [InlineData("meta mark set 0x00000001 tcp dport 22 accept; meta mark 0x00000001 drop", "First")]
    [InlineData("tcp dport 22 meta mark set 0x00000001; meta mark 0x00000001 drop", "Through")]
    [InlineData("meta mark set jhash ip saddr mod 2; meta mark 0x00000001 drop", "Perhaps")]
    [InlineData("ct mark set 0x00000001; meta mark set ct mark; meta mark 0x00000001 drop", "First")]
    [InlineData("ip ttl < 5 drop", "Perhaps")]
    [InlineData("ip6 hoplimit < 5 drop", "Through")]
    [InlineData("udp length > 5 drop", "Through")]
    [InlineData("ct count over 0 reject", "Perhaps")]
    [InlineData("limit rate over 5/second drop", "Perhaps")]
    [InlineData("meta hour \"08:00\"-\"18:00\" drop", "Perhaps")]
    [InlineData("numgen random mod 2 vmap { 0 : accept, 1 : drop }", "Perhaps")]
    [InlineData("queue flags bypass to 1", "Perhaps")]
    [InlineData("tcp flags vmap { fin : drop, syn : drop }", "First")]
    [InlineData("meta mark vmap { 0x1 : drop, 0x0 : drop }", "First")]
    [InlineData("ip saddr vmap { 203.0.113.1 : accept, 203.0.113.2 : drop, 203.0.113.3 : drop }", "Through")]
    [InlineData("ct state != established | related drop", "First")]
    [InlineData("ct state invalid drop", "Through")]
    [InlineData("ct direction reply drop", "Through")]
    [InlineData("tcp option maxseg size 1-535 drop", "Through")]
    [InlineData("ip frag-off & 8191 != 0 drop", "Through")]
    [InlineData("exthdr frag exists drop", "Through")]
    [InlineData("fib saddr . mark . iif oif 0 drop", "Through")]
    [InlineData("fib daddr type { broadcast, multicast } drop", "Through")]
    [InlineData("fib daddr type != local drop", "Through")]
    [InlineData("meta pkttype != host drop", "Through")]
    [InlineData("tcp dport < 1024 drop", "Through")]
    [InlineData("tcp dport >= 30000 drop", "First")]
    [InlineData("tcp sport < 1024 drop", "Through")]
    [InlineData("tcp sport != 1024-65535 drop", "Through")]
    [InlineData("ether saddr 00:11:22:33:44:55 drop", "Through")]
    [InlineData("update @dyn { ip saddr limit rate over 5/second } drop", "Perhaps")]
    [InlineData("icmp type echo-request drop", "Through")]
    [InlineData("ip protocol 6 drop", "First")]
    [InlineData("notrack; ct state untracked drop", "Through")]
    [InlineData("log group 2 queue-threshold 20 drop", "First")]
    [InlineData("synproxy mss 1460 wscale 7 timestamp sack-perm", "Perhaps")]
    [InlineData("ip saddr != 10.0.0.0/8 drop", "Perhaps")]
    [InlineData("ip saddr . tcp dport @seen drop", "Through")]
    [InlineData("xt match \"comment\" counter packets 1 bytes 60 xt target \"REJECT\"", "First")]
    [InlineData("xt target \"MARK\"; meta mark & 0x00008000 == 0x00008000 drop", "Perhaps")]
    public void ClientFromOutside_OfNft(string rules, string fate) =>
        Ruleset.Fate("nft", Ruleset.Nft("input", rules), Ruleset.Outside).ShouldBe(fate);

    [Theory]
    [InlineData("-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j DROP", "First")]
    [InlineData("-p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -m conntrack --ctstate NEW -j DROP", "Through")]
    [InlineData("-p tcp -m tcp --tcp-flags FIN,SYN,RST,PSH,ACK,URG NONE -j DROP", "Through")]
    [InlineData("-p tcp -m tcp --tcp-flags FIN,SYN FIN,SYN -j DROP", "Through")]
    [InlineData("-p tcp -m tcp --dport 30080 --tcp-flags PSH,ACK PSH,ACK -j DROP", "Data")]
    [InlineData("-m mark --mark 0x1 -j DROP", "Through")]
    [InlineData("-m mark ! --mark 0x1/0x3 -j DROP", "First")]
    [InlineData("-m mark --mark 0x8000/0x8000 -j DROP", "Through")]
    [InlineData("-m connmark --mark 0x1 -j DROP", "Through")]
    [InlineData("-j MARK --set-xmark 0x8000/0x8000|-m mark --mark 0x8000/0x8000 -j DROP", "First")]
    [InlineData("-m limit --limit 1/sec -j MARK --set-xmark 0x8000/0x8000|-m mark --mark 0x8000/0x8000 -j DROP", "Perhaps")]
    [InlineData("-j CONNMARK --set-xmark 0x3/0xffffffff|-j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff|-m mark --mark 0x3 -j DROP", "First")]
    [InlineData("-m ttl --ttl-lt 5 -j DROP", "Perhaps")]
    [InlineData("-p tcp -m connlimit --connlimit-above 0 --connlimit-mask 32 --connlimit-saddr -j REJECT --reject-with icmp-port-unreachable", "Perhaps")]
    [InlineData("-m hashlimit --hashlimit-above 5/sec --hashlimit-burst 5 --hashlimit-name x -j DROP", "Perhaps")]
    [InlineData("-m string --string \"x\" --algo bm -j DROP", "Perhaps")]
    [InlineData("-m u32 --u32 \"0x0=0x1\" -j DROP", "Perhaps")]
    [InlineData("-m bpf --bytecode \"4,48 0 0 9,21 0 1 6,6 0 0 1,6 0 0 0\" -j DROP", "Perhaps")]
    [InlineData("-m time --timestart 08:00:00 --timestop 23:59:59 --datestop 2038-01-19T03:14:07 -j DROP", "Perhaps")]
    [InlineData("-m recent --update --seconds 60 --name DEFAULT --mask 255.255.255.255 --rsource -j DROP", "Perhaps")]
    [InlineData("-m statistic --mode random --probability 0.5 -j DROP", "Perhaps")]
    [InlineData("-p tcp -m tcpmss --mss 1:535 -j DROP", "Through")]
    [InlineData("-f -j DROP", "Through")]
    [InlineData("-m rpfilter --invert -j DROP", "Through")]
    [InlineData("-p tcp -m tcp --sport 0:1023 --dport 1024:65535 -j DROP", "Through")]
    [InlineData("-m conntrack --ctstate NEW --ctdir ORIGINAL -j DROP", "First")]
    [InlineData("-m mac --mac-source 00:11:22:33:44:55 -j DROP", "Through")]
    [InlineData("-m set --match-set blocked src -j DROP", "Through")]
    [InlineData("-m set --match-set closed dst -j DROP", "Perhaps")]
    [InlineData("-m set ! --match-set allowed src -j DROP", "Perhaps")]
    [InlineData("-m geoip ! --source-country DE -j DROP", "Perhaps")]
    [InlineData("-j NFQUEUE --queue-num 1", "Perhaps")]
    [InlineData("-p tcp -m conntrack --ctstate INVALID,NEW -j SYNPROXY --sack-perm --timestamp", "Perhaps")]
    public void ClientFromOutside_OfIptables(string rules, string fate) =>
        Ruleset.Fate("iptables-save", Ruleset.Iptables("INPUT", rules), Ruleset.Outside).ShouldBe(fate);

    /// <summary>A chain may have the name of a word.</summary>
    [Theory]
    [InlineData("log-drop", "goto log-drop")]
    [InlineData("log", "counter packets 1 bytes 60 jump log")]
    [InlineData("counter-x", "tcp dport 30080 jump counter-x")]
    [InlineData("accept-some", "log prefix \"accept: \" goto accept-some")]
    public void ChainThatDrops_IsFoundByItsName(string name, string rule) =>
        Ruleset.Fate(
            "nft", $"table inet f {{\nchain {name} {{\ndrop\n}}\n{Ruleset.Nft("input", rule).Split('\n', 2)[1]}", Ruleset.Outside).ShouldBe("First");

    /// <summary>Before all other chains, of one interface.</summary>
    [Theory]
    [InlineData("tcp dport 30080 drop", "accept", "Perhaps")]
    [InlineData("tcp dport 22 drop", "accept", "Through")]
    [InlineData("ip saddr 203.0.113.0/24 drop", "accept", "Through")]
    [InlineData("ether type arp accept; tcp dport 22 accept", "drop", "Perhaps")]
    [InlineData("ether type { arp, ip, ip6 } accept", "drop", "Through")]
    public void ChainOfAnInterface_IsFollowed(string rules, string policy, string fate) =>
        Ruleset.Fate(
            "nft",
            Ruleset.Nft("ingress", rules, policy).Replace("table inet f", "table netdev f", StringComparison.Ordinal)
                .Replace("hook ingress", "hook ingress device \"eth0\"", StringComparison.Ordinal),
            Ruleset.Outside).ShouldBe(fate);

    /// <summary>After all other chains, of one interface.</summary>
    [Theory]
    [InlineData("tcp sport 30080 drop", "Perhaps")]
    [InlineData("tcp sport 22 drop", "Through")]
    public void ChainOfAnInterfaceOnTheWayOut_IsFollowed(string rules, string fate) =>
        Ruleset.Fate(
            "nft",
            Ruleset.Nft("egress", rules, "accept").Replace("table inet f", "table netdev f", StringComparison.Ordinal)
                .Replace("hook egress", "hook egress device \"eth0\"", StringComparison.Ordinal),
            Ruleset.Outside).ShouldBe(fate);

    /// <summary>What is beyond may drop; of NAT nothing does.</summary>
    [Theory]
    [InlineData("filter", "INPUT", "Perhaps")]
    [InlineData("nat", "PREROUTING", "Through")]
    public void ChainThatIsCut_IsADoubt(string table, string chain, string fate) =>
        Ruleset.Fate(
            "iptables-save",
            Ruleset.Iptables(chain, string.Join('|', Enumerable.Repeat("-p udp -m udp --dport 53 -j ACCEPT", 2_001)))
                .Replace("*filter", $"*{table}", StringComparison.Ordinal),
            Ruleset.Outside).ShouldBe(fate);

    /// <summary>A client that is asked for is one of those that a set may hold.</summary>
    [Theory]
    [InlineData("-m set --match-set blocked src -j DROP", "Perhaps")]
    [InlineData("-m mac --mac-source 00:11:22:33:44:55 -j DROP", "Perhaps")]
    [InlineData("-m iprange --src-range 10.7.7.0-10.7.7.9 -j DROP", "First")]
    public void ClientThatIsAskedFor_MayBeInASet(string rules, string fate) =>
        Ruleset.Fate("iptables-save", Ruleset.Iptables("INPUT", rules), Ruleset.Asked).ShouldBe(fate);

    /// <summary>Its packets are made here, and pass all hooks.</summary>
    [Theory]
    [InlineData("OUTPUT", "-m owner --uid-owner 1000 -j DROP", "Perhaps")]
    [InlineData("OUTPUT", "-o lo -p tcp -m tcp --dport 30080 -j DROP", "First")]
    [InlineData("OUTPUT", "-p tcp -m tcp --dport 25 -j DROP", "Through")]
    [InlineData("INPUT", "-p tcp -m tcp --sport 30080 -j DROP", "Answer")]
    [InlineData("INPUT", "! -i lo -j DROP", "Through")]
    public void ProcessOfThisNode_PassesAllHooks(string chain, string rules, string fate) =>
        Ruleset.Fate("iptables-save", Ruleset.Iptables(chain, rules), Ruleset.Here).ShouldBe(fate);

    /// <summary>The proxy's own dial, out and back.</summary>
    [Theory]
    [InlineData("OUTPUT", "-d 10.244.0.0/16 -j REJECT --reject-with icmp-port-unreachable", "ACCEPT", "First")]
    [InlineData("OUTPUT", "-d 10.245.0.0/16 -j DROP", "ACCEPT", "Through")]
    [InlineData("FORWARD", "-j DROP", "DROP", "Through")]
    [InlineData("INPUT", "-p tcp -m tcp --dport 30080 -j ACCEPT", "DROP", "Answer")]
    [InlineData("INPUT", "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", "DROP", "Through")]
    [InlineData("OUTPUT", "-m conntrack --ctstate NEW -j ACCEPT", "DROP", "Later")]
    [InlineData("OUTPUT", "-m owner --uid-owner 1000 -j DROP", "ACCEPT", "Perhaps")]
    [InlineData("OUTPUT", "-o eth1 -j DROP", "ACCEPT", "Through")]
    [InlineData("INPUT", "-s 10.244.0.0/16 -p tcp -m tcp --sport 8080 -j DROP", "ACCEPT", "Answer")]
    [InlineData("INPUT", "-p tcp -m tcp --sport 8080 --tcp-flags PSH PSH -j DROP", "ACCEPT", "AnswerData")]
    public void DialOfTheProxy_IsFollowed(string chain, string rules, string policy, string fate) =>
        Ruleset.Fate("iptables-save", Ruleset.Iptables(chain, rules, policy), Ruleset.Dial).ShouldBe(fate);

    /// <summary>What a set holds is listed beside the rules; packets add to others, and some are too large to keep.</summary>
    [Theory]
    [InlineData("ip saddr @near drop", "First")]
    [InlineData("ip saddr @far drop", "Through")]
    [InlineData("ip saddr @seen drop", "Perhaps")]
    [InlineData("ip saddr @missing drop", "Perhaps")]
    [InlineData("ip saddr . tcp dport @pairs drop", "First")]
    [InlineData("tcp dport vmap @ports", "First")]
    [InlineData("ip daddr @empty drop", "Through")]
    public void NamedSet_IsRead(string rule, string fate)
    {
        string listing = $$"""
            table inet f {
            	set near {
            		type ipv4_addr
            		flags interval
            		elements = { 10.7.0.0-10.7.7.9, 192.0.2.128/25 }
            	}
            	set far {
            		type ipv4_addr
            		elements = { 198.51.100.1 timeout 1h expires 59m comment "a, b }",
            			     198.51.100.2 counter packets 1 bytes 60 }
            	}
            	set seen {
            		type ipv4_addr
            		flags dynamic,timeout
            		elements = { 198.51.100.1 expires 3s }
            	}
            	set empty {
            		type ipv4_addr
            	}
            	set pairs {
            		type ipv4_addr . inet_service
            		elements = { 10.7.7.1 . 80, 10.7.7.2 . 30080 }
            	}
            	map ports {
            		type inet_service : verdict
            		elements = { 22 : accept, 30080 : jump more }
            	}
            	chain more {
            		drop
            	}
            	chain in {
            		type filter hook input priority filter; policy accept;
            		{{rule}}
            	}
            }
            """;

        Ruleset.Fate("nft", listing, Ruleset.Asked).ShouldBe(fate);
    }

    /// <summary>Before conntrack, which hangs between raw and mangle.</summary>
    [Theory]
    [InlineData("-j CT --notrack", "-m conntrack --ctstate UNTRACKED -j DROP", "First")]
    [InlineData("-m limit --limit 1/sec -j CT --notrack", "-m conntrack --ctstate NEW -j DROP", "Perhaps")]
    [InlineData("-j NOTRACK", "-m conntrack --ctstate NEW -j DROP", "Through")]
    public void PacketThatIsNotTracked_HasItsState(string raw, string filter, string fate) => Ruleset.Fate(
        "iptables-save", $"*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING {raw}\nCOMMIT\n{Ruleset.Iptables("INPUT", filter)}", Ruleset.Outside).ShouldBe(fate);

    /// <summary>The kernel calls mangle before filter, whatever is listed first.</summary>
    [Fact]
    public void MarkOfAnotherTable_IsFollowed_InTheOrderOfPriorities()
    {
        const string Filter = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m mark --mark 0x1/0x1 -j DROP\nCOMMIT\n";
        const string Mangle = "*mangle\n:INPUT ACCEPT [0:0]\n-A INPUT -j MARK --set-xmark 0x1/0x1\nCOMMIT\n";

        Ruleset.Fate("iptables-save", Filter + Mangle, Ruleset.Outside).ShouldBe("First");
        Ruleset.Fate("nft", Ruleset.Nft("input", "meta mark 0x1 drop") + "\ntable inet late {\nchain c {\ntype filter hook input priority filter + 10; policy "
            + "accept;\nmeta mark set 0x1\n}\n}", Ruleset.Outside).ShouldBe("Through");
    }
}
