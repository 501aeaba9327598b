using UserProxy.App.Rules;

namespace UserProxy.App.Tests.Rules;

/// <summary>Whole rulesets of nodes that are well, as the tools print them: nobody is shut out, and there is nothing to doubt.</summary>
public sealed class HealthyRulesetTests
{
    /// <summary>kubelet's, kube-proxy's and Docker's.</summary>
    private const string Kubeadm = """
        *mangle
        :PREROUTING ACCEPT [0:0]
        :KUBE-IPTABLES-HINT - [0:0]
        COMMIT
        *raw
        :PREROUTING ACCEPT [0:0]
        :OUTPUT ACCEPT [0:0]
        -A PREROUTING -d 172.17.0.2/32 ! -i docker0 -j DROP
        COMMIT
        *filter
        :INPUT ACCEPT [0:0]
        :FORWARD DROP [0:0]
        :OUTPUT ACCEPT [0:0]
        :DOCKER-USER - [0:0]
        :KUBE-EXTERNAL-SERVICES - [0:0]
        :KUBE-FIREWALL - [0:0]
        :KUBE-FORWARD - [0:0]
        :KUBE-NODEPORTS - [0:0]
        :KUBE-PROXY-FIREWALL - [0:0]
        -A INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
        -A INPUT -m comment --comment "kubernetes health check service ports" -j KUBE-NODEPORTS
        -A INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES
        -A INPUT -j KUBE-FIREWALL
        -A FORWARD -j DOCKER-USER
        -A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
        -A OUTPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
        -A OUTPUT -j KUBE-FIREWALL
        -A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment "block incoming localnet connections" -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP
        -A KUBE-FIREWALL -m comment --comment "kubernetes firewall for dropping marked packets" -m mark --mark 0x8000/0x8000 -j DROP
        -A KUBE-FORWARD -m conntrack --ctstate INVALID -m nfacct --nfacct-name  ct_state_invalid_dropped_pkts -j DROP
        COMMIT
        *nat
        :PREROUTING ACCEPT [0:0]
        :OUTPUT ACCEPT [0:0]
        :POSTROUTING ACCEPT [0:0]
        :KUBE-MARK-DROP - [0:0]
        :KUBE-MARK-MASQ - [0:0]
        :KUBE-POSTROUTING - [0:0]
        :KUBE-SERVICES - [0:0]
        :KUBE-SVC-NPX46M4PTMTKRN6Y - [0:0]
        -A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
        -A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
        -A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
        -A KUBE-MARK-DROP -j MARK --set-xmark 0x8000/0x8000
        -A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
        -A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
        -A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
        -A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully
        -A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m comment --comment "default/kubernetes:https cluster IP" -m tcp --dport 443 -j KUBE-SVC-NPX46M4PTMTKRN6Y
        -A KUBE-SVC-NPX46M4PTMTKRN6Y ! -s 10.244.0.0/16 -d 10.96.0.1/32 -p tcp -m comment --comment "default/kubernetes:https cluster IP" -m tcp --dport 443 -j KUBE-MARK-MASQ
        COMMIT
        """;

    private const string Calico = """
        *raw
        :PREROUTING ACCEPT [0:0]
        :OUTPUT ACCEPT [0:0]
        :cali-PREROUTING - [0:0]
        :cali-rpf-skip - [0:0]
        :cali-from-host-endpoint - [0:0]
        -A PREROUTING -m comment --comment "cali:6gwbT8clXdHdC1b1" -j cali-PREROUTING
        -A cali-PREROUTING -m comment --comment "cali:XFX5xbM8B9qR10JG" -j MARK --set-xmark 0x0/0xf0000
        -A cali-PREROUTING -i cali+ -m comment --comment "cali:EWMPb0zVROM-woQp" -j MARK --set-xmark 0x40000/0x40000
        -A cali-PREROUTING -m comment --comment "cali:PWuxTAIaFCtsg5Qa" -m mark --mark 0x40000/0x40000 -j cali-rpf-skip
        -A cali-PREROUTING -m comment --comment "cali:fSSbGND7dgyemWU7" -m mark --mark 0x40000/0x40000 -m rpfilter --validmark --invert -j DROP
        -A cali-PREROUTING -m comment --comment "cali:ImU0-4Rl2WoOI9Ou" -m mark --mark 0x0/0x40000 -j cali-from-host-endpoint
        -A cali-PREROUTING -m comment --comment "cali:lV4V2MPoMBf0hl9T" -m mark --mark 0x10000/0x10000 -j ACCEPT
        COMMIT
        *mangle
        :PREROUTING ACCEPT [0:0]
        :cali-PREROUTING - [0:0]
        -A PREROUTING -m comment --comment "cali:6gwbT8clXdHdC1b1" -j cali-PREROUTING
        -A cali-PREROUTING -m comment --comment "cali:6BJqBjBC7crtA-7-" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        -A cali-PREROUTING -m comment --comment "cali:KX7AGNd6rMcDUai6" -m mark --mark 0x10000/0x10000 -j ACCEPT
        COMMIT
        *filter
        :INPUT ACCEPT [0:0]
        :OUTPUT ACCEPT [0:0]
        :cali-INPUT - [0:0]
        :cali-OUTPUT - [0:0]
        :cali-from-host-endpoint - [0:0]
        :cali-to-host-endpoint - [0:0]
        :cali-from-wl-dispatch - [0:0]
        :cali-wl-to-host - [0:0]
        -A INPUT -m comment --comment "cali:Cz_u1IQiXIMmKD4c" -j cali-INPUT
        -A OUTPUT -m comment --comment "cali:tVnHkvAo15HuiPy0" -j cali-OUTPUT
        -A cali-INPUT -p udp -m comment --comment "cali:w7ud0UgQSEi_zKuQ" -m multiport --dports 4789 -m set --match-set cali40all-vxlan-net src -m addrtype --dst-type LOCAL -j ACCEPT
        -A cali-INPUT -p udp -m comment --comment "cali:4cgmbdWsLmozYhJh" -m multiport --dports 4789 -m addrtype --dst-type LOCAL -j DROP
        -A cali-INPUT -p ipencap -m comment --comment "cali:1NRjN6mC1zH4PDyA" -m addrtype --dst-type LOCAL -j DROP
        -A cali-INPUT -i cali+ -m comment --comment "cali:3Xsps9xqFF_oCGLq" -g cali-wl-to-host
        -A cali-INPUT -m comment --comment "cali:laOnfH4nnxp7Vs7J" -m mark --mark 0x10000/0x10000 -j ACCEPT
        -A cali-INPUT -m comment --comment "cali:TfWRCThZaNVwjz7I" -j MARK --set-xmark 0x0/0xf0000
        -A cali-INPUT -m comment --comment "cali:IxSdZmMgEcmTgvX8" -j cali-from-host-endpoint
        -A cali-INPUT -m comment --comment "cali:9CqlRYFLHLBrYrfP" -m comment --comment "Host endpoint policy accepted packet." -m mark --mark 0x10000/0x10000 -j ACCEPT
        -A cali-OUTPUT -m comment --comment "cali:Mq1_rAdXXH3YkrzW" -m mark --mark 0x10000/0x10000 -j ACCEPT
        -A cali-OUTPUT -o cali+ -m comment --comment "cali:69FkRTJDvD5Vu6Vl" -j RETURN
        -A cali-OUTPUT -m comment --comment "cali:Fskumj4SGQtDV6GC" -j MARK --set-xmark 0x0/0xf0000
        -A cali-OUTPUT -m comment --comment "cali:1F4VWEsQu0QbRwKf" -m conntrack ! --ctstate DNAT -j cali-to-host-endpoint
        -A cali-from-wl-dispatch -m comment --comment "cali:zTj6P0TIgYvgz-md" -m comment --comment "Unknown interface" -j DROP
        -A cali-wl-to-host -m comment --comment "cali:Ee9Sbo10IpVujdIY" -j cali-from-wl-dispatch
        -A cali-wl-to-host -m comment --comment "cali:nSZbcOoG1xPONxb8" -m comment --comment "Configured DefaultEndpointToHostAction" -j ACCEPT
        COMMIT
        """;

    private const string Cilium = """
        *mangle
        :PREROUTING ACCEPT [0:0]
        :CILIUM_PRE_mangle - [0:0]
        -A PREROUTING -m comment --comment "cilium-feeder: CILIUM_PRE_mangle" -j CILIUM_PRE_mangle
        -A CILIUM_PRE_mangle ! -o lo -m socket --transparent -m mark ! --mark 0xe00/0xf00 -m mark ! --mark 0x800/0xf00 -m comment --comment "cilium: any->pod redirect proxied traffic to host proxy" -j MARK --set-xmark 0x200/0xffffffff
        -A CILIUM_PRE_mangle -p tcp -m mark --mark 0x3ba80200 -m comment --comment "cilium: TPROXY to host cilium-dns-egress proxy" -j TPROXY --on-port 43067 --on-ip 127.0.0.1 --tproxy-mark 0x200/0xffffffff
        COMMIT
        *raw
        :PREROUTING ACCEPT [0:0]
        :OUTPUT ACCEPT [0:0]
        :CILIUM_PRE_raw - [0:0]
        :CILIUM_OUTPUT_raw - [0:0]
        -A PREROUTING -m comment --comment "cilium-feeder: CILIUM_PRE_raw" -j CILIUM_PRE_raw
        -A OUTPUT -m comment --comment "cilium-feeder: CILIUM_OUTPUT_raw" -j CILIUM_OUTPUT_raw
        -A CILIUM_OUTPUT_raw -o lxc+ -m mark --mark 0xa00/0xfffffeff -m comment --comment "cilium: NOTRACK for proxy return traffic" -j CT --notrack
        -A CILIUM_PRE_raw -m mark --mark 0x200/0xf00 -m comment --comment "cilium: NOTRACK for proxy traffic" -j CT --notrack
        COMMIT
        *filter
        :INPUT ACCEPT [0:0]
        :OUTPUT ACCEPT [0:0]
        :CILIUM_INPUT - [0:0]
        :CILIUM_OUTPUT - [0:0]
        :KUBE-FIREWALL - [0:0]
        -A INPUT -m comment --comment "cilium-feeder: CILIUM_INPUT" -j CILIUM_INPUT
        -A INPUT -j KUBE-FIREWALL
        -A OUTPUT -m comment --comment "cilium-feeder: CILIUM_OUTPUT" -j CILIUM_OUTPUT
        -A CILIUM_INPUT -m mark --mark 0x200/0xf00 -m comment --comment "cilium: ACCEPT for proxy traffic" -j ACCEPT
        -A CILIUM_OUTPUT -m mark --mark 0xa00/0xe00 -m comment --comment "cilium: ACCEPT for proxy traffic" -j ACCEPT
        -A CILIUM_OUTPUT -m mark ! --mark 0xe00/0xf00 -m mark ! --mark 0xd00/0xf00 -m mark ! --mark 0x400/0xf00 -m mark ! --mark 0xa00/0xe00 -m comment --comment "cilium: host->any mark as from host" -j MARK --set-xmark 0xc00/0xf00
        -A KUBE-FIREWALL -m mark --mark 0x8000/0x8000 -j DROP
        COMMIT
        """;

    private const string Ufw = """
        *filter
        :INPUT DROP [0:0]
        :FORWARD DROP [0:0]
        :OUTPUT ACCEPT [0:0]
        :ufw-before-input - [0:0]
        :ufw-before-output - [0:0]
        :ufw-logging-deny - [0:0]
        :ufw-not-local - [0:0]
        :ufw-user-input - [0:0]
        :ufw-user-limit - [0:0]
        :ufw-after-input - [0:0]
        :ufw-skip-to-policy-input - [0:0]
        -A INPUT -j ufw-before-input
        -A INPUT -j ufw-after-input
        -A OUTPUT -j ufw-before-output
        -A ufw-after-input -p udp -m udp --dport 137 -j ufw-skip-to-policy-input
        -A ufw-after-input -m addrtype --dst-type BROADCAST -j ufw-skip-to-policy-input
        -A ufw-before-input -i lo -j ACCEPT
        -A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        -A ufw-before-input -m conntrack --ctstate INVALID -j ufw-logging-deny
        -A ufw-before-input -m conntrack --ctstate INVALID -j DROP
        -A ufw-before-input -p icmp -m icmp --icmp-type 8 -j ACCEPT
        -A ufw-before-input -p udp -m udp --sport 67 --dport 68 -j ACCEPT
        -A ufw-before-input -j ufw-not-local
        -A ufw-before-input -d 224.0.0.251/32 -p udp -m udp --dport 5353 -j ACCEPT
        -A ufw-before-input -j ufw-user-input
        -A ufw-before-output -o lo -j ACCEPT
        -A ufw-before-output -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        -A ufw-logging-deny -m conntrack --ctstate INVALID -m limit --limit 3/min --limit-burst 10 -j RETURN
        -A ufw-logging-deny -m limit --limit 3/min --limit-burst 10 -j LOG --log-prefix "[UFW BLOCK] "
        -A ufw-not-local -m addrtype --dst-type LOCAL -j RETURN
        -A ufw-not-local -m addrtype --dst-type MULTICAST -j RETURN
        -A ufw-not-local -m addrtype --dst-type BROADCAST -j RETURN
        -A ufw-not-local -m limit --limit 3/min --limit-burst 10 -j ufw-logging-deny
        -A ufw-not-local -j DROP
        -A ufw-skip-to-policy-input -j DROP
        -A ufw-user-input -p tcp -m tcp --dport 22 -m conntrack --ctstate NEW -m recent --set --name DEFAULT --mask 255.255.255.255 --rsource
        -A ufw-user-input -p tcp -m tcp --dport 22 -m conntrack --ctstate NEW -m recent --update --seconds 30 --hitcount 6 --name DEFAULT --mask 255.255.255.255 --rsource -j ufw-user-limit
        -A ufw-user-input -p tcp -m tcp --dport 22 -j ACCEPT
        -A ufw-user-input -p tcp -m multiport --dports 30000:32767 -j ACCEPT
        -A ufw-user-limit -j REJECT --reject-with icmp-port-unreachable
        COMMIT
        """;

    private const string Firewalld = """
        table inet firewalld {
        	flags owner,persist

        	ct helper helper-tftp-udp {
        		type "tftp" protocol udp
        		l3proto inet
        	}

        	chain mangle_PREROUTING {
        		type filter hook prerouting priority mangle + 10; policy accept;
        		jump mangle_PREROUTING_ZONES
        	}

        	chain mangle_PREROUTING_ZONES {
        		iifname "eth0" goto mangle_PRE_public
        		goto mangle_PRE_public
        	}

        	chain mangle_PRE_public {
        		ct state invalid drop
        	}

        	chain filter_PREROUTING {
        		type filter hook prerouting priority filter + 10; policy accept;
        		icmpv6 type { nd-router-advert, nd-neighbor-solicit } accept
        		meta nfproto ipv6 fib saddr . mark . iif oif missing drop
        	}

        	chain filter_INPUT {
        		type filter hook input priority filter + 10; policy accept;
        		ct state { established, related } accept
        		ct status dnat accept
        		iifname "lo" accept
        		ct state invalid drop
        		jump filter_INPUT_ZONES
        		reject with icmpx admin-prohibited
        	}

        	chain filter_INPUT_ZONES {
        		iifname "virbr0" goto filter_IN_libvirt
        		iifname "eth0" goto filter_IN_public
        		goto filter_IN_public
        	}

        	chain filter_IN_libvirt {
        		meta l4proto { icmp, ipv6-icmp } accept
        		reject
        	}

        	chain filter_IN_public {
        		jump filter_IN_public_deny
        		jump filter_IN_public_allow
        		meta l4proto { icmp, ipv6-icmp } accept
        	}

        	chain filter_IN_public_deny {
        	}

        	chain filter_IN_public_allow {
        		tcp dport 22 accept
        		ip6 daddr fe80::/64 udp dport 546 accept
        		tcp dport 30000-32767 accept
        	}

        	chain filter_OUTPUT {
        		type filter hook output priority filter + 10; policy accept;
        		ct state { established, related } accept
        		oifname "lo" accept
        		ip6 daddr { ::/96, ::ffff:0.0.0.0/96, 2002::/24 } reject with icmpv6 addr-unreachable
        	}
        }
        """;

    /// <summary>Of kube-proxy in nftables mode, with one Service.</summary>
    private const string KubeProxyOfNft = """
        table ip kube-proxy {
        	comment "rules for kube-proxy"

        	set cluster-ips {
        		type ipv4_addr
        		comment "Active ClusterIPs"
        		elements = { 10.96.0.1, 10.96.0.10 }
        	}

        	set nodeport-ips {
        		type ipv4_addr
        		comment "IPs that accept NodePort traffic"
        		elements = { 192.0.2.1 }
        	}

        	map no-endpoint-nodeports {
        		type inet_proto . inet_service : verdict
        		comment "vmap to drop or reject packets to service nodeports with no endpoints"
        	}

        	map no-endpoint-services {
        		type ipv4_addr . inet_proto . inet_service : verdict
        		comment "vmap to drop or reject packets to services with no endpoints"
        		elements = { 10.96.0.10 . tcp . 53 comment "kube-system/kube-dns:dns-tcp" : goto reject-chain }
        	}

        	map service-ips {
        		type ipv4_addr . inet_proto . inet_service : verdict
        		elements = { 10.96.0.1 . tcp . 443 : goto service-2QRHZV4L-default/kubernetes/tcp/https }
        	}

        	chain filter-prerouting {
        		type filter hook prerouting priority dstnat - 10; policy accept;
        		ct state new jump firewall-check
        	}

        	chain filter-input {
        		type filter hook input priority dstnat - 10; policy accept;
        		ct state new jump nodeport-endpoints-check
        		ct state new jump service-endpoints-check
        	}

        	chain filter-output {
        		type filter hook output priority dstnat - 10; policy accept;
        		ct state new jump service-endpoints-check
        		ct state new jump firewall-check
        	}

        	chain filter-output-post-dnat {
        		type filter hook output priority dstnat + 10; policy accept;
        		ct state new jump cluster-ips-check
        	}

        	chain nat-prerouting {
        		type nat hook prerouting priority dstnat; policy accept;
        		jump services
        	}

        	chain cluster-ips-check {
        		ip daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"
        		ip daddr { 10.96.0.0/16 } drop comment "Drop traffic to unallocated ClusterIPs"
        	}

        	chain firewall-check {
        	}

        	chain mark-for-masquerade {
        		meta mark set meta mark | 0x00004000
        	}

        	chain nodeport-endpoints-check {
        		ip daddr @nodeport-ips meta l4proto . th dport vmap @no-endpoint-nodeports
        	}

        	chain reject-chain {
        		reject
        	}

        	chain service-endpoints-check {
        		ip daddr . meta l4proto . th dport vmap @no-endpoint-services
        	}

        	chain services {
        		ip daddr . meta l4proto . th dport vmap @service-ips
        	}

        	chain service-2QRHZV4L-default/kubernetes/tcp/https {
        		ip daddr 10.96.0.1 tcp dport 443 ip saddr != 10.244.0.0/16 jump mark-for-masquerade
        	}
        }
        """;

    /// <summary>A cloud's image: all of TCP is let in, by policies that drop.</summary>
    private const string DefaultDeny = """
        *filter
        :INPUT DROP [0:0]
        :FORWARD DROP [0:0]
        :OUTPUT DROP [0:0]
        -A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT
        -A INPUT -i lo -j ACCEPT
        -A INPUT -p icmp -j ACCEPT
        -A INPUT -p tcp -j ACCEPT
        -A OUTPUT -m state --state NEW,RELATED,ESTABLISHED -j ACCEPT
        -A OUTPUT -o lo -j ACCEPT
        COMMIT
        """;

    public static TheoryData<string, string, string> All => new()
    {
        { "kubeadm", "iptables-save", Kubeadm },
        { "Calico", "iptables-save", Calico },
        { "Cilium", "iptables-save", Cilium },
        { "ufw", "iptables-save", Ufw },
        { "firewalld", "nft", Firewalld },
        { "kube-proxy", "nft", KubeProxyOfNft },
        { "default deny", "iptables-save", DefaultDeny },
    };

    [Theory]
    [MemberData(nameof(All))]
    public void Everybody_ComesThrough(string name, string source, string listing)
    {
        foreach (var connection in (Connection[])[Ruleset.Outside, Ruleset.Asked, Ruleset.Here, Ruleset.Loopback, Ruleset.Dial])
            Ruleset.Follow(source, listing, connection).ShouldBeNull($"{name}, {connection.Way}");
    }

    /// <summary>The reading is not blind: the same rulesets shut what they shut.</summary>
    [Theory]
    [InlineData("ufw", 8080, "First")]
    [InlineData("firewalld", 8080, "First")]
    [InlineData("default deny", 8080, "Through")]
    public void AnotherPort_IsShut(string name, int port, string fate)
    {
        var (_, source, listing) = All.Select(row => row.Data).First(row => row.Item1 == name);

        Ruleset.Fate(source, listing, Ruleset.Outside with { Port = port }).ShouldBe(fate);
    }

    /// <summary>What kube-proxy left shuts what the proxy would serve.</summary>
    [Fact]
    public void ClusterIP_ThatKubeProxyHasNoEndpointsFor_IsRejected()
    {
        var asked = System.Net.IPAddress.Parse("10.96.0.10");

        Ruleset.Fate("nft", KubeProxyOfNft, Ruleset.Here with { Servers = [asked], Clients = [asked], Port = 53 }).ShouldBe("First");
    }
}
