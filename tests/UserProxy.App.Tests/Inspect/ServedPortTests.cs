using System.Net;
using UserProxy.App.Inspect;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.App.Tests.Rules;
using UserProxy.Linux.PortInspection;

namespace UserProxy.App.Tests.Inspect;

/// <summary>What the running userproxy says of a port, beside what the kernel shows: it leads where it is the cause, and the next step is its.</summary>
public sealed class ServedPortTests
{
    private const string Taken = "the port is taken by holder (pid 4711) at 0.0.0.0:30080";

    private const string Stop = "Stop the process that has the port, or give demo/web another: userproxy binds it as soon as it is free.";

    /// <summary>What explain says too: sending there would lead back.</summary>
    private const string Forbidden =
        "For demo/web: a security module or a cgroup forbids it: the kernel's log (journalctl -k) and that of audit say which.";

    private const string Unseen =
        "For demo/web: who has the port is not seen from here: look as root, in the network namespace of userproxy, which tries again by itself.";

    private static readonly string NotBound = $"The listener of Service demo/web (NodePort 0.0.0.0:30080) could not be bound here: {Taken}.";

    private static readonly PortFacts Accepting = Facts.Of(Facts.Listener()).Probed(Facts.Connected(Facts.Connection(0, inode: 2)));

    private static readonly PortFacts Refused = Facts.Of().Probed(Facts.Failed(ProbeOutcome.Refused));

    private static readonly PortFacts Reset = Facts.Of(Facts.Listener()).Probed(Facts.Connected(Facts.Connection(0)) with { PeerEnd = PeerEnd.Reset });

    public static TheoryData<string> UdpNames => [.. UdpCases.Keys];

    private static Dictionary<string, (PortFacts Facts, ServedPort? Served)> UdpCases { get; } = new()
    {
        ["nothing bound"] = (Facts.Of().Udp(), null),
        ["nothing bound, a rule"] = (Facts.Of().WithRule().Udp(), null),
        ["bound"] = (Facts.Of(Facts.Datagrams(0)).Udp(), null),
        ["stopped"] = (Facts.Of(Facts.Datagrams(0, inode: 9)).Udp(), null),
        ["unread"] = (Facts.Of(Facts.Datagrams(832)).Udp(), null),
        ["read"] = (Facts.Of([Facts.Datagrams(832)], [Facts.Datagrams(0)]).Udp(), null),
        ["served"] = (Facts.Of(Facts.Datagrams(0)).Udp(), Serving("Listening", health: "Answering")),
        ["served to some"] = (Facts.Of(Facts.Datagrams(0)).Udp(), Serving("Listening", "a policy", "Answering")),
        ["unserved"] = (Facts.Of(Facts.Datagrams(0)).Udp(), Serving("Listening", health: "Failing")),
        ["without an endpoint"] = (Facts.Of().Udp(), Serving("Refusing", "no endpoint is usable anywhere")),
        ["taken"] = (Facts.Of(Facts.Datagrams(0)).Udp(), Serving("Failed", Taken)),
        ["taken and read"] = (Facts.Of([Facts.Datagrams(832)], [Facts.Datagrams(0)]).Udp(), Serving("Failed", Taken)),
        ["cannot be bound"] = (Facts.Of().Udp(), Serving("Failed", "Permission denied")),
    };

    [Fact]
    public void Taken_AndAccepted_LeadsWithTheServiceAndTheHolder()
    {
        var judgement = Classifier.Judge(Accepting, Serving("Failed", Taken));

        (judgement.Verdict, judgement.Reasons[0]).ShouldBe((Verdict.Handled, NotBound));
        judgement.Remarks.ShouldBeEmpty();
        judgement.NextSteps.ShouldBe([Stop]);
    }

    [Fact]
    public void Taken_BoundWithoutListening_LeadsTheSame()
    {
        var bound = Facts.Listener() with { State = SocketState.Bound };

        var judgement = Classifier.Judge(Facts.Of(bound).Probed(Facts.Failed(ProbeOutcome.Refused)), Serving("Failed", Taken));

        (judgement.Verdict, judgement.Summary).ShouldBe((Verdict.None, "refused; another process has the port that userproxy is to serve"));
        judgement.Reasons[0].ShouldBe(NotBound);
        judgement.NextSteps.ShouldBe([Stop]);
    }

    [Fact]
    public void Taken_AndNobodyAccepts_LeadsTheSame()
    {
        var judgement = Classifier.Judge(Facts.Of(Facts.Listener()).Probed(Facts.Connected(Facts.Connection(0))), Serving("Failed", Taken));

        (judgement.Verdict, judgement.Reasons[0], judgement.NextSteps[0]).ShouldBe((Verdict.Placeholder, NotBound, Stop));
    }

    [Fact]
    public void Taken_OfUdp_LeadsTheSame()
    {
        var judgement = Classifier.Judge(Facts.Of(Facts.Datagrams(0)).Udp(), Serving("Failed", Taken));

        (judgement.Verdict, judgement.Reasons[0], judgement.NextSteps[0]).ShouldBe((Verdict.Idle, NotBound, Stop));
        judgement.Summary.ShouldBe("another process has the port that userproxy is to serve, and nothing shows whether it reads");
    }

    /// <summary>The proxy may not see whose a socket is; inspect, as root, does.</summary>
    [Fact]
    public void Taken_ByWhomTheProxyCannotSee_NamesWhomInspectSees() =>
        Classifier.Judge(Accepting, Serving("Failed", "the port is taken")).Reasons[0].ShouldEndWith(
            "could not be bound here: the port is taken; holder (pid 4711) has 0.0.0.0:30080.");

    [Fact]
    public void NotBound_AndNobodyHasIt_SaysWhyAndWhatToDo()
    {
        var judgement = Classifier.Judge(Refused, Serving("Failed", "Permission denied"));

        judgement.Summary.ShouldBe("refused, nobody is there");
        judgement.Reasons[0].ShouldBe("The listener of Service demo/web (NodePort 0.0.0.0:30080) could not be bound here: Permission denied.");
        judgement.NextSteps.ShouldBe([Forbidden]);
    }

    /// <summary>Whoever asks for the address that another process has is told so; of the whole port most is served.</summary>
    [Fact]
    public void TakenAtOneAddress_LeadsWhereThatAddressIsAskedFor()
    {
        var sockets = Facts.Of(Facts.Listener(address: "127.0.0.1"), Facts.Listener(address: "10.0.0.1", inode: 3)) with
        {
            Owners = Facts.OwnersOf((1ul, new SocketOwner(4711, "holder", 0, 3, null)), (3ul, new SocketOwner(1, "userproxy", 0, 3, null))),
        };
        var served = Serving("Listening", "served on each other address of the node, as the port is taken by holder (pid 4711)", "Answering", pid: 1);
        var there = sockets with { Question = sockets.Question with { Address = IPAddress.Loopback } };

        Classifier.Judge(there.NotProbed(), served).Reasons[0].ShouldStartWith("The listener of Service demo/web");
        var whole = Classifier.Judge(sockets.NotProbed(), served);
        whole.IsTaken.ShouldBeFalse();
        whole.Reasons[0].ShouldNotStartWith("The listener of Service");
    }

    /// <summary>An endpoint in the host's network has the number, as it is meant to.</summary>
    [Theory]
    [InlineData("Listening", "served on each other address of the node, as ")]
    [InlineData("Failed", "")]
    public void LeftToAnEndpoint_IsNotTaken(string state, string before)
    {
        string reason = $"{before}the port is taken by holder (pid 4711) at 127.0.0.1:30080, which is endpoint 127.0.0.1:30080, to which it is left";
        var there = Accepting with { Question = Accepting.Question with { Address = IPAddress.Loopback } };

        foreach (var facts in (PortFacts[])[Accepting, there])
        {
            var judgement = Classifier.Judge(facts, Serving(state, reason, "Answering", pid: 1));

            (judgement.IsTaken, judgement.Verdict, judgement.Summary).ShouldBe((false, Verdict.Handled, "a process accepts"));
            judgement.Reasons.ShouldNotContain(line => line.Contains("could not be bound", StringComparison.Ordinal));
            judgement.Remarks.ShouldContain(line => line.Contains("to which it is left", StringComparison.Ordinal));
            judgement.NextSteps.ShouldBeEmpty();
        }
    }

    /// <summary>What keeps it from the address is something else than whoever has another address of the number.</summary>
    [Theory]
    [InlineData("10.96.0.77", "Permission denied", Forbidden)]
    [InlineData("0.0.0.0", "Permission denied", Forbidden)]
    [InlineData("10.96.0.77", "the port is taken", Unseen)]
    [InlineData("10.96.0.77", "Cannot assign requested address", "For demo/web: no interface of this node has the address: ip address.")]
    public void NotBound_AndAnotherHasAnotherAddress_NamesNoHolder(string address, string reason, string next)
    {
        var facts = Facts.Of(Facts.Listener(address: "127.0.0.1")).Probed(Facts.Connected(Facts.Connection(0, inode: 2)));
        var served = new ServedPort(1, [("demo/web", new ListenerItem("ClusterIP", address, Facts.Port, "Failed", reason, null, null))]);

        var judgement = Classifier.Judge(facts, served);

        judgement.IsTaken.ShouldBeFalse();
        judgement.Reasons[0].ShouldEndWith($"could not be bound here: {reason}.");
        judgement.NextSteps.ShouldBe([next]);
    }

    /// <summary>The one that has it is the proxy itself.</summary>
    [Fact]
    public void AddressOfTwoServices_IsNotTaken()
    {
        var served = new ServedPort(4711, [
            ("demo/other", new ListenerItem("ExternalIP", "0.0.0.0", Facts.Port, "Failed", "the address belongs to demo/web:http", null, null)),
            ("demo/web", new ListenerItem("NodePort", "0.0.0.0", Facts.Port, "Listening", null, null, null, "Answering"))]);

        var judgement = Classifier.Judge(Accepting, served);

        (judgement.IsTaken, judgement.Summary).ShouldBe((false, "a process accepts"));
        judgement.NextSteps.ShouldBe(["For demo/other: one address and port are one Service's: give one of the two another."]);
    }

    [Theory]
    [InlineData("Refusing")]
    [InlineData("Dropping")]
    public void NobodyIsLetIn_LeadsWithWhy_AndExplainIsNext(string state)
    {
        var served = Serving(state, "no endpoint is usable anywhere");

        foreach (var facts in (PortFacts[])[Refused, Facts.Of().Probed(Facts.Failed(ProbeOutcome.NoAnswer)), Facts.Of().Udp()])
        {
            var judgement = Classifier.Judge(facts, served);
            judgement.Reasons[0].ShouldBe(
                $"The running userproxy has this port for demo/web (NodePort 0.0.0.0:30080): {state}, no endpoint is usable anywhere.");
            judgement.Remarks.ShouldNotContain(judgement.Reasons[0]);
            judgement.NextSteps[0].ShouldBe("See why its clients get nothing: userproxy explain demo/web");
        }

        Classifier.Judge(Refused, served).NextSteps.ShouldHaveSingleItem();
    }

    [Fact]
    public void SomeGetNothing_ExplainIsNext() =>
        Classifier.Judge(Accepting, Serving("Dropping", "clients of this node are served", "Answering")).NextSteps.ShouldBe(
            ["See why some of its clients get nothing: userproxy explain demo/web"]);

    [Fact]
    public void Unserved_OfUdp_SaysWhatItsClientsMeet()
    {
        var (facts, served) = UdpCases["unserved"];

        var judgement = Classifier.Judge(facts, served);

        (judgement.Verdict, judgement.Summary).ShouldBe((Verdict.Unserved, "userproxy reads, and no endpoint behind it answers"));
        judgement.Reasons[0].ShouldEndWith("and none of its endpoints answers, so that datagrams get no answer.");
        judgement.NextSteps[0].ShouldBe("See what its endpoints answer, and why: userproxy explain demo/web");
    }

    /// <summary>No datagram is accepted, refused or reset.</summary>
    [Theory]
    [MemberData(nameof(UdpNames))]
    public void Udp_IsToldInItsOwnWords(string name)
    {
        var (facts, served) = UdpCases[name];

        var judgement = Classifier.Judge(facts, served);

        foreach (string line in judgement.Reasons.Concat(judgement.Remarks).Concat(judgement.NextSteps).Append(judgement.Summary))
        {
            foreach (string word in (string[])["accept", "refused", "reset", "RST", "connect", "listening"]) line.ShouldNotContain(word, Case.Sensitive);
        }
    }

    /// <summary>As the log and explain say it: of TIME_WAIT there is no process to be stopped.</summary>
    [Theory]
    [InlineData("It is free within a minute", "For demo/web: it is free within a minute.")]
    [InlineData("End that process, or give one of the two another port", "For demo/web: end that process, or give one of the two another port.")]
    [InlineData(null, Stop)]
    public void Taken_SaysWhatTheProxySaysOfTheHolder(string? cure, string next)
    {
        var listener = Serving("Failed", Taken).Listeners[0].Listener with { Cure = cure };

        Classifier.Judge(Accepting, new ServedPort(null, [("demo/web", listener)])).NextSteps.ShouldBe([next]);
        if (cure is not null) Classifier.Judge(Refused, new ServedPort(null, [("demo/web", listener)])).NextSteps.ShouldBe([next]);
    }

    /// <summary>In the words of explain.</summary>
    [Fact]
    public void NotBound_ForWantOfARight_NamesTheRight()
    {
        var served = new ServedPort(1, [("demo/web", new ListenerItem("NodePort", "0.0.0.0", 81, "Failed", "Permission denied", null, null))]);

        Classifier.Judge(Refused, served).NextSteps.ShouldBe([
            "For demo/web: give userproxy CAP_NET_BIND_SERVICE, or lower net.ipv4.ip_unprivileged_port_start."]);
    }

    /// <summary>No rule has dropped anything.</summary>
    [Fact]
    public void NoRoute_IsNoSilence_AndTheProxyDoesNotServeIt()
    {
        var asked = Facts.Of().Probed(Facts.Failed(ProbeOutcome.Unreachable, "10.96.0.77"));

        var judgement = Classifier.Judge(asked with { Question = asked.Question with { Address = IPAddress.Parse("10.96.0.77") } }, new ServedPort(1, []));

        (judgement.Verdict, judgement.Summary).ShouldBe((Verdict.Filtered, "unreachable: there is no route, or a rule rejects it"));
        judgement.Remarks.ShouldContain("The running userproxy does not serve 10.96.0.77:30080: its addresses are in userproxy list -o wide.");
        judgement.NextSteps.ShouldHaveSingleItem().ShouldStartWith("See where it would go: ip route get 10.96.0.77; ");
    }

    /// <summary>Root has no more rights to get.</summary>
    [Fact]
    public void OwnersNotSeenInTime_AskAgainIsNext()
    {
        var facts = Facts.Of(Facts.Listener(inode: 77)).Probed(Facts.Connected(Facts.Connection(0, inode: 78)));

        Classifier.Judge(facts).NextSteps.ShouldBe(["Run it as root, in the host's PID namespace, to see which process it is."]);
        Classifier.Judge(facts with { Owners = new SocketOwners { IsIncomplete = true } }).NextSteps.ShouldBe([
            "Ask again to see which process it is: there were too many to look at all of them in time."]);
    }

    /// <summary>Whoever reads gets none: no test shows that, the rule does.</summary>
    [Fact]
    public void RuleThatDropsDatagrams_IsNoGreen()
    {
        const string Drop = "-A INPUT -p udp -m udp --dport 30080 -j DROP";
        var facts = Facts.Of(Facts.Datagrams(0)).Udp() with
        {
            // One rule, as both tools list it.
            Rules = [new RuleHint("nft", "ip filter chain INPUT", "udp dport 30080 counter drop"), new RuleHint("iptables-save", "filter", Drop)],
            Chains = Ruleset.ChainsOf([new RuleHint("iptables-save", "filter", Drop)]),
        };

        var judgement = Classifier.Judge(facts, Serving("Listening", health: "Answering"));

        (judgement.Verdict, judgement.Summary).ShouldBe((Verdict.Filtered, "a rule drops what comes"));
        judgement.Reasons[0].ShouldBe($"1 rule of the kernel drops or rejects what comes to the port: iptables-save (filter): {Drop}.");
        judgement.NextSteps.ShouldBe(
            ["See the rule, and delete it or let the port in before it: sudo iptables -t filter -L INPUT -n --line-numbers"]);
    }

    /// <summary>nft lists it as if it met all.</summary>
    [Fact]
    public void RuleThatDropsSomeDatagrams_AsBothToolsListIt_IsARemark()
    {
        const string Rule = "-A INPUT -p udp -m udp --dport 30080 -m recent --update --seconds 60 -j DROP";
        var facts = Facts.Of(Facts.Datagrams(0)).Udp() with
        {
            Rules = [new RuleHint("nft", "ip filter chain INPUT", "udp dport 30080 counter drop"), new RuleHint("iptables-save", "filter", Rule)],
        };

        var judgement = Classifier.Judge(facts, Serving("Listening", health: "Answering"));

        judgement.Verdict.ShouldBe(Verdict.Handled);
        judgement.Remarks.ShouldContain($"1 rule of the kernel names the port, and may shut out some clients: iptables-save (filter): {Rule}.");
    }

    /// <summary>The sentence of the rule that drops is the reason, whatever else there is.</summary>
    [Theory]
    [InlineData("-A INPUT -j bad", "Filtered")]
    [InlineData("-A INPUT -s 203.0.113.0/24 -j bad", "Handled")]
    public void RuleInAnotherChain_DropsDatagramsWhereAllComeToIt(string jump, string verdict)
    {
        const string Rule = "-A bad -p udp -m udp --dport 30080 -j DROP";
        var facts = Facts.Of(Facts.Datagrams(0)).Udp() with
        {
            Rules =
            [
                new RuleHint("iptables-save", "nat", "-A PREROUTING -p udp -m udp --dport 30080 -j REDIRECT --to-ports 5300"),
                new RuleHint("iptables-save", "filter", Rule),
            ],
            Chains =
            [
                new FilterChain("iptables-save", "filter", "INPUT") { Hook = "input", Rules = [jump] },
                new FilterChain("iptables-save", "filter", "bad") { Rules = [Rule] },
            ],
        };

        var judgement = Classifier.Judge(facts, Serving("Listening", health: "Answering"));

        judgement.Verdict.ToString().ShouldBe(verdict);
        if (verdict == "Filtered")
            judgement.Reasons[0].ShouldBe($"1 rule of the kernel drops or rejects what comes to the port: iptables-save (filter): {Rule}.");
    }

    /// <summary>The other family is served.</summary>
    [Fact]
    public void RuleThatDropsDatagramsOfOneFamily_IsForSome()
    {
        var six = Facts.Datagrams(0) with { Local = IPEndPoint.Parse($"[::1]:{Facts.Port}") };
        var facts = Facts.Of(Facts.Datagrams(0), six).Udp() with
        {
            Rules = [new RuleHint("ip6tables-save", "filter", "-A INPUT -p udp -m udp --dport 30080 -j DROP")],
            Chains = Ruleset.ChainsOf([new RuleHint("ip6tables-save", "filter", "-A INPUT -p udp -m udp --dport 30080 -j DROP")]),
        };

        var judgement = Classifier.Judge(facts, Serving("Listening", health: "Answering"));

        judgement.Remarks.ShouldContain(remark => remark.StartsWith("1 rule of the kernel drops or rejects", StringComparison.Ordinal));
        judgement.Verdict.ShouldNotBe(Verdict.Filtered);
    }

    [Fact]
    public void RulesThatTakeNothing_AreCountedInGoodGrammar()
    {
        RuleHint[] rules =
        [
            new("nft", "inet f chain input", "udp dport 30080 accept"), new("nft", "inet f chain more", "udp dport 30080 accept"),
        ];

        Classifier.Judge(Facts.Of(Facts.Datagrams(0)).Udp() with { Rules = rules }, null).Remarks.ShouldBe([
            "2 rules of the kernel name the port, and take nothing away, as far as the text tells: nft (inet f chain input): udp dport 30080 accept and 1 "
                + "more."]);
    }

    /// <summary>Whoever relays what it accepts serves nobody whom it resets: max-connections, mostly.</summary>
    [Fact]
    public void ProxyResetsTheTestConnection_IsNoGreen()
    {
        var judgement = Classifier.Judge(Reset, Serving("Listening", health: "Answering"));

        (judgement.Verdict, judgement.Summary).ShouldBe((Verdict.Unknown, "userproxy accepts, and has reset the test connection"));
        judgement.NextSteps.ShouldBe(["See who resets its clients, an endpoint or the proxy, and why: userproxy trace demo/web, and connect again"]);
        var seen = Facts.Of(Facts.Listener()).Probed(Facts.Connected(Facts.Connection(0, inode: 2)) with { PeerEnd = PeerEnd.Reset });
        Classifier.Judge(seen, Serving("Listening", health: "Answering")).Verdict.ShouldBe(Verdict.Unknown);
        // Not one of the clients that are let in.
        Classifier.Judge(Reset, Serving("Listening", "a policy", "Answering")).Verdict.ShouldBe(Verdict.Handled);
    }

    /// <summary>The proxy of another user answers at another socket.</summary>
    [Fact]
    public void ProxyThatWasNotAskedResets_IsNoGreen()
    {
        var facts = Reset with { Owners = Facts.OwnersOf((1ul, new SocketOwner(4711, "userproxy", 65534, 3, null))) };

        foreach (var served in (ServedPort?[])[null, new ServedPort(1, [])])
        {
            var judgement = Classifier.Judge(facts, served);
            judgement.Verdict.ShouldBe(Verdict.Unknown);
            judgement.NextSteps.ShouldBe(["Ask userproxy (pid 4711) why it resets its clients: userproxy inspect 30080 --admin-socket PATH"]);
            ServedPort.NotAsked(facts, served).Select(owner => owner.Pid).ShouldBe([4711]);
        }

        ServedPort.NotAsked(facts, new ServedPort(4711, [])).ShouldBeEmpty();
        ServedPort.NotAsked(Reset, served: null).ShouldBeEmpty();
        Classifier.Judge(Reset).Verdict.ShouldBe(Verdict.Handled);
    }

    private static ServedPort Serving(string state, string? reason = null, string? health = null, int? pid = null) =>
        new(pid, [("demo/web", new ListenerItem("NodePort", "0.0.0.0", Facts.Port, state, reason, null, null, health))]);
}
