using System.Net;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.App.Tests.CommandLine;
using UserProxy.App.Tests.Inspect;
using UserProxy.App.Tests.Rules;
using UserProxy.App.Verify;
using UserProxy.App.Verify.Probing;
using UserProxy.App.Verify.Steps;
using UserProxy.Linux.PortInspection;

namespace UserProxy.App.Tests.Verify;

/// <summary>What <c>verify</c> says of rules that shut clients out of a port that the proxy listens at.</summary>
public sealed class NotShadowedTests
{
    private const string Reject = "-A INPUT -p tcp -m tcp --dport 30080 -j REJECT --reject-with icmp-port-unreachable";

    private static readonly string[] Closed =
        ["-A INPUT -i lo -j ACCEPT", "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT"];

    private static ExplainedPort Port => Samples.Explanation.Ports[0] with
    {
        Service = Samples.Explanation.Ports[0].Service with
        {
            Endpoints = [],
            Listeners = [new ListenerItem("NodePort", "0.0.0.0", Facts.Port, "Listening", null, 0, 128)],
        },
    };

    [Fact]
    public void RuleThatRejectsAll_IsNamed_WithTheCommandThatShowsIt()
    {
        var found = Judge([new("iptables-save", "filter", Reject)]);

        found.Verdict.ShouldBe(StepVerdict.Failed);
        found.Says.ShouldEndWith("a rule of chain INPUT (iptables-save, filter) drops everybody");
        found.Evidence.ShouldBe([Reject]);
        found.Next.ShouldBe(
            "sudo iptables -t filter -L INPUT -n --line-numbers: delete the rule there, or let the port by before it: "
                + "sudo iptables -I INPUT -p tcp --dport 30080 -j ACCEPT");
    }

    /// <summary>nft has no words for the conditions of iptables' modules.</summary>
    [Fact]
    public void RuleOfIptables_IsReadAsIptablesListsIt()
    {
        RuleHint[] rules =
        [
            new("nft", "ip filter chain INPUT", "tcp dport 30080 counter packets 0 bytes 0 drop"),
            new("iptables-save", "filter", "-A INPUT -p tcp -m tcp --dport 30080 -m recent --update --seconds 60 -j DROP"),
        ];

        Judge(rules).Verdict.ShouldBe(StepVerdict.CannotBeSeen);
    }

    /// <summary>In a chain that nobody comes to, or some do, it is no fault.</summary>
    [Theory]
    [InlineData("", "Ok")]
    [InlineData("-A INPUT -s 203.0.113.0/24 -j bad", "Ok")]
    [InlineData("-A INPUT -j bad", "Failed")]
    public void RuleInAnotherChain_IsAFaultWhereAllComeToIt(string jump, string verdict)
    {
        const string Rule = "-A bad -p tcp -m tcp --dport 30080 -j DROP";
        var facts = Of([new RuleHint("iptables-save", "filter", Rule)]);
        string[] rules = jump.Length == 0 ? [] : [jump];

        var found = NotShadowed.Of(facts with
        {
            Request = facts.Request with { From = null },
            Network = new NodeNetwork([new NodeDevice("v0", [IPAddress.Parse("10.7.7.1")])], null, null),
            Looks =
            [
                facts.Looks[0] with
                {
                    Chains =
                    [
                        new FilterChain("iptables-save", "filter", "INPUT") { Hook = "input", Rules = rules },
                        new FilterChain("iptables-save", "filter", "bad") { Rules = [Rule] },
                    ],
                },
            ],
        });

        found.Verdict.ToString().ShouldBe(verdict, found.Says);
        found.Evidence.ShouldHaveSingleItem().ShouldEndWith(Rule);
    }

    /// <summary>A chain for the Pods of this node; the default route leads elsewhere.</summary>
    [Theory]
    [InlineData(null, "CannotBeSeen")]
    [InlineData("eth0", "Ok")]
    public void ChainForAnotherInterface_IsNotOfClientsFromOutside(string? defaultDevice, string verdict)
    {
        var facts = Of([]);

        var found = NotShadowed.Of(facts with
        {
            Request = facts.Request with { From = null },
            Network = new NodeNetwork([new NodeDevice("eth0", [IPAddress.Parse("10.7.7.1")])], null, null) { DefaultOfFour = defaultDevice },
            Looks =
            [
                facts.Looks[0] with
                {
                    Chains =
                    [
                        new FilterChain("iptables-save", "filter", "INPUT") { Hook = "input", Rules = ["-A INPUT -i cali+ -g pods"] },
                        new FilterChain("iptables-save", "filter", "pods") { Rules = ["-A pods -j DROP"] },
                    ],
                },
            ],
        });

        found.Verdict.ToString().ShouldBe(verdict, found.Says);
        if (defaultDevice is null) found.Says.ShouldEndWith("a rule of chain pods (iptables-save, filter) may drop clients from outside");
    }

    [Fact]
    public void RuleForSomeSources_IsARemark()
    {
        const string Rule = "-A INPUT -s 198.51.100.0/24 -p tcp -m tcp --dport 30080 -j REJECT";

        var found = Judge([new("iptables-save", "filter", Rule)]);

        found.Verdict.ShouldBe(StepVerdict.Ok);
        found.Evidence.ShouldBe([$"names the port, and may shut out some clients: iptables-save (filter): {Rule}"]);
    }

    [Theory]
    [InlineData("-A INPUT -p tcp -m tcp --dport 30080 -j ACCEPT", true)]
    [InlineData("-A OTHER -p tcp -m tcp --dport 30080 -j ACCEPT", false)]
    public void RuleAfterOneThatLetsIn_IsNoFault(string before, bool isWell) =>
        Judge([new("iptables-save", "filter", before), new("iptables-save", "filter", Reject)]).Verdict
            .ShouldBe(isWell ? StepVerdict.Ok : StepVerdict.Failed);

    /// <summary>The sources that it lets in are cut off from what is shown.</summary>
    [Fact]
    public void RuleAfterOneThatLetsSomeIn_IsAFault()
    {
        var some = new RuleHint("nft", "inet f chain in", "...100.111 } tcp dport 30080 accept")
        {
            Whole = "ip saddr { 198.51.100.101, 198.51.100.111 } tcp dport 30080 accept",
        };

        var found = Judge([some, new("nft", "inet f chain in", "tcp dport 30080 drop")]);

        found.Verdict.ShouldBe(StepVerdict.Failed);
        found.Evidence.ShouldBe(["tcp dport 30080 drop"]);
    }

    /// <summary>A rule that does not name the port, a policy, an eBPF program: a socket that listens refuses nobody by itself, whoever has it.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Refused_WhereASocketListens_IsTheKernelsDoing(bool isListenedOn)
    {
        var tried = new TriedAddress("NodePort", new IPEndPoint(IPAddress.Loopback, Facts.Port), Reached.Refused, null, TimeSpan.Zero);

        var found = Judge([], [tried], isListenedOn ? [Facts.Listener()] : []);

        found.Verdict.ShouldBe(isListenedOn ? StepVerdict.Failed : StepVerdict.Ok);
        if (!isListenedOn) return;
        found.Says.ShouldBe(
            "a connection of this node to 127.0.0.1:30080 was refused, and a socket listens there: a rule rejects it or sends it elsewhere, or an eBPF program "
                + "does");
        found.Next.ShouldBe("sudo nft list ruleset; sudo iptables-save; sudo bpftool cgroup tree");
    }

    /// <summary>No rule names the port, and a client from outside waits for ever.</summary>
    [Fact]
    public void FirewallThatLetsInByDefaultNobody_IsNoGreen()
    {
        var asked = Behind("10.7.7.2", Closed);
        var nobodyAsked = Behind(null, Closed);

        asked.Verdict.ShouldBe(StepVerdict.Failed);
        asked.Says.ShouldEndWith("chain INPUT (iptables-save, filter) drops 10.7.7.2: it drops what no rule lets in, and no rule names port 30080");
        asked.Next.ShouldBe("sudo iptables -I INPUT -p tcp --dport 30080 -j ACCEPT");
        nobodyAsked.Verdict.ShouldBe(StepVerdict.CannotBeSeen);
        nobodyAsked.Says.ShouldContain("whether clients from outside come in: chain INPUT");
    }

    [Fact]
    public void FirewallWhoseSetsAreNotRead_MayDrop()
    {
        var found = Behind("10.7.7.2", [.. Closed, "-A INPUT -m set --match-set friends src -j ACCEPT"]);

        (found.Verdict, found.Says.Contains("may drop 10.7.7.2", StringComparison.Ordinal)).ShouldBe((StepVerdict.CannotBeSeen, true), found.Says);
        found.Evidence.ShouldBe(["not decided: -A INPUT -m set --match-set friends src -j ACCEPT"]);
    }

    [Theory]
    [InlineData("-A INPUT -s 10.7.7.2/32 -p tcp -m tcp --dport 30080 -j DROP", "Failed")]
    [InlineData("-A INPUT -s 10.7.7.0/24 -p tcp -m tcp --dport 30080 -j DROP", "Failed")]
    [InlineData("-A INPUT -i v0 -p tcp -m tcp --dport 30080 -j DROP", "CannotBeSeen")]
    [InlineData("-A INPUT -s 10.7.8.0/24 -p tcp -m tcp --dport 30080 -j DROP", "Ok")]
    public void RuleForTheClientThatIsAskedFor_IsAFault(string rule, string verdict)
    {
        var found = Behind("10.7.7.2", [rule], dropsTheRest: false, new RuleHint("iptables-save", "filter", rule));

        found.Verdict.ToString().ShouldBe(verdict, found.Says);
        if (found.Verdict == StepVerdict.Failed) found.Says.ShouldEndWith("a rule of chain INPUT (iptables-save, filter) drops 10.7.7.2");
        if (found.Verdict == StepVerdict.CannotBeSeen) found.Says.ShouldEndWith("may drop 10.7.7.2");
    }

    /// <summary>It is let in before.</summary>
    [Fact]
    public void RuleThatDropsAll_AfterOneThatLetsTheClientIn_IsNoFault() =>
        Behind("10.7.7.2", ["-A INPUT -s 10.7.7.0/24 -j ACCEPT", Reject], dropsTheRest: false, new RuleHint("iptables-save", "filter", Reject)).Verdict
            .ShouldBe(StepVerdict.Ok);

    /// <summary>A connection of this node does not meet what is for others.</summary>
    [Fact]
    public void RulesThatWereNotRead_CannotBeSeen_ThoughAConnectionCameThrough()
    {
        var tried = new TriedAddress("NodePort", new IPEndPoint(IPAddress.Loopback, Facts.Port), Reached.Endpoint, "10.0.0.1:80", TimeSpan.Zero);

        var found = NotShadowed.Of(Of([], [tried]) with
        {
            Looks = [Facts.Of(Facts.Listener()) with { Unseen = ["netfilter rules: listing them needs root"] }],
        });

        found.Verdict.ShouldBe(StepVerdict.CannotBeSeen);
        found.Next.ShouldStartWith("sudo userproxy verify shop/web");
    }

    /// <summary>inspect sees that a process accepts here, and nothing of where clients are sent.</summary>
    [Fact]
    public void RuleThatSendsElsewhere_IsShown()
    {
        var found = Judge([new("iptables-save", "nat", "-A PREROUTING -p tcp -m tcp --dport 30080 -j DNAT --to-destination 10.0.0.9:80")]);

        (found.Verdict, found.Next).ShouldBe((
            StepVerdict.Failed,
            "sudo iptables -t nat -L PREROUTING -n --line-numbers: whose rule is it? It sends elsewhere what comes to the port"));
    }

    /// <summary>kubelet's own rule on every node: an address of the node asks one, and not loopback.</summary>
    [Fact]
    public void AddressOfThisNode_IsNotMetByWhatGuardsLoopback() =>
        Behind(
            "10.7.7.1", ["-A INPUT ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP"], dropsTheRest: false)
            .Verdict.ShouldBe(StepVerdict.Ok);

    /// <summary>Without an answer to ARP no neighbour finds the node.</summary>
    [Theory]
    [InlineData("arp operation request drop", "accept", "10.7.7.2", "CannotBeSeen")]
    [InlineData("arp htype 1 arp hlen 6 arp plen 4 arp saddr ip 10.7.7.0/24 counter packets 0 bytes 0 drop", "accept", "10.7.7.2", "CannotBeSeen")]
    [InlineData("arp daddr ip 10.7.7.1 drop", "accept", null, "CannotBeSeen")]
    [InlineData("arp daddr ip 10.9.9.9 drop", "accept", null, "Ok")]
    [InlineData("arp operation request accept", "accept", null, "Ok")]
    [InlineData("arp operation request accept", "drop", null, "CannotBeSeen")]
    [InlineData("arp operation request drop", "accept", "10.7.7.1", "Ok")]
    public void RuleOfArp_IsADoubt_OfClientsFromOutside(string rule, string policy, string? from, string verdict)
    {
        string listing = $"table arp filter {{\n\tchain INPUT {{\n\t\ttype filter hook input priority filter; policy {policy};\n\t\t{rule}\n\t}}\n}}";
        var facts = Of([]);

        var found = NotShadowed.Of(facts with
        {
            Request = facts.Request with { From = from is null ? null : IPAddress.Parse(from) },
            Looks = [facts.Looks[0] with { Chains = Ruleset.Read("nft", listing) }],
        });

        found.Verdict.ToString().ShouldBe(verdict, found.Says);
        if (verdict == "CannotBeSeen") found.Next.ShouldBe("sudo nft -a list chain arp filter INPUT");
    }

    /// <summary>The guard of virtual IPs keeps them from ARP: neighbours find the node by its own addresses.</summary>
    [Fact]
    public void RuleOfArp_OfOurGuard_IsNoDoubt()
    {
        const string listing = "table arp userproxy {\n\tchain input {\n\t\ttype filter hook input priority filter; policy accept;\n"
            + "\t\tarp daddr ip @v4 counter packets 0 bytes 0 drop\n\t}\n}";
        var facts = Of([]);

        var found = NotShadowed.Of(facts with { Looks = [facts.Looks[0] with { Chains = Ruleset.Read("nft", listing) }] });

        found.Verdict.ShouldBe(StepVerdict.Ok, found.Says);
    }

    /// <summary>NAT that names no port takes all that comes.</summary>
    [Theory]
    [InlineData("10.7.7.2", "Failed", "sends elsewhere 10.7.7.2")]
    [InlineData(null, "CannotBeSeen", "sends elsewhere clients from outside")]
    [InlineData("10.7.7.1", "Ok", "")]
    public void NatWithoutAPort_IsNoGreen(string? from, string verdict, string words)
    {
        string listing = Ruleset.Iptables("PREROUTING", "-p tcp -j REDIRECT --to-ports 1234").Replace("*filter", "*nat", StringComparison.Ordinal);
        var facts = Of([]);

        var found = NotShadowed.Of(facts with
        {
            Request = facts.Request with { From = from is null ? null : IPAddress.Parse(from) },
            Looks = [facts.Looks[0] with { Chains = Ruleset.Read("iptables-save", listing) }],
        });

        found.Verdict.ToString().ShouldBe(verdict, found.Says);
        if (verdict == "Ok") return;
        found.Says.ShouldEndWith($"a rule of chain PREROUTING (iptables-save, nat) {words}");
        found.Evidence.ShouldBe(["-A PREROUTING -p tcp -j REDIRECT --to-ports 1234"]);
        found.Next.ShouldNotBeNull().ShouldEndWith("sudo iptables -t nat -I PREROUTING -p tcp --dport 30080 -j ACCEPT");
    }

    [Fact]
    public void WithoutARule_SaysThatNoneNamesThePort() => Judge([]).Says.ShouldBe("no other socket, and no rule that names the port");

    private static Finding Behind(string? from, string[] rules, bool dropsTheRest = true, params RuleHint[] hints)
    {
        var chain = new FilterChain("iptables-save", "filter", "INPUT") { Hook = "input", DropsTheRest = dropsTheRest, Rules = rules };
        var facts = Of(hints);
        return NotShadowed.Of(facts with
        {
            Request = facts.Request with { From = from is null ? null : IPAddress.Parse(from) },
            Network = new NodeNetwork([new NodeDevice("v0", [IPAddress.Parse("10.7.7.1")])], null, null),
            Looks = [facts.Looks[0] with { Chains = [chain] }],
        });
    }

    private static Finding Judge(IReadOnlyList<RuleHint> rules, IReadOnlyList<TriedAddress>? tries = null, SocketRow[]? sockets = null) =>
        NotShadowed.Of(Of(rules, tries, sockets));

    private static VerifyFacts Of(IReadOnlyList<RuleHint> rules, IReadOnlyList<TriedAddress>? tries = null, SocketRow[]? sockets = null) =>
        Samples.Verified.Facts with
        {
            Explained = Samples.Explanation with { Ports = [Port] },
            Request = Samples.Verified.Facts.Request with { From = null },
            Network = new NodeNetwork([new NodeDevice("v0", [IPAddress.Parse("10.7.7.1")])], null, null),
            Looks = [Facts.Of(sockets ?? [Facts.Listener()]) with { Rules = rules, Chains = Ruleset.ChainsOf(rules) }],
            Tries = tries ?? [],
        };
}
