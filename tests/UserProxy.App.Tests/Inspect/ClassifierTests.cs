
using UserProxy.App.Inspect;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Linux.PortInspection;

namespace UserProxy.App.Tests.Inspect;

/// <summary>Every case that a node can show, one line each: what is seen, and what it must be called.</summary>
public sealed class ClassifierTests
{
    private static readonly SocketRow Accepted = Facts.Connection(0, inode: 2);
    private static readonly SocketRow Queued = Facts.Connection(0);
    private static readonly SocketRow Closed = Facts.Connection(0, state: SocketState.FinWait2);
    private static readonly SocketRow HeldBack = Facts.Connection(0, state: SocketState.SynReceived);
    private static readonly SocketRow OnAnotherPort = new(SocketState.Established, System.Net.IPEndPoint.Parse("127.0.0.1:8080"), Accepted.Remote, 0, 0, 0, 2);

    private static readonly Dictionary<string, (PortFacts Facts, string Verdict)> Cases = new()
    {
        ["a process takes the connection"] = (Facts.Of(Facts.Listener()).Probed(Facts.Connected(Accepted)), "Handled"),
        ["it is taken and closed at once"] = (Facts.Of(Facts.Listener()).Probed(Facts.Connected(Closed)), "Handled"),
        ["it is taken and reset at once"] = (Facts.Of(Facts.Listener()).Probed(Facts.Connected(Queued) with { PeerEnd = PeerEnd.Reset }), "Handled"),
        ["reset before its socket was seen"] = (Facts.Of(Facts.Listener()).Probed(Facts.Connected(null) with { PeerEnd = PeerEnd.Reset }), "Handled?"),
        ["reset for want of room (tcp_abort_on_overflow)"] =
            (Facts.Of(Facts.Listener(129)).Probed(Facts.Connected(null) with { PeerEnd = PeerEnd.Reset }), "Placeholder"),
        ["nobody takes it"] = (Facts.Of([Facts.Listener()], [Facts.Listener(1)]).Probed(Facts.Connected(Queued)), "Placeholder"),
        ["nobody takes it, and its socket hides behind NAT"] =
            (Facts.Of([Facts.Listener()], [Facts.Listener(1)]).Probed(Facts.Connected(null)), "Placeholder?"),
        ["the queue is full: 129/128"] =
            (Facts.Of(Facts.Listener(129), Facts.Connection(1, state: SocketState.CloseWait, unread: 252)).Probed(Facts.Failed(ProbeOutcome.NoAnswer)),
                "Placeholder"),
        ["full, by a source that tells no backlog"] =
            (Facts.Of(Facts.Listener(129, backlog: null), Facts.Connection(1)).Overflowing().Probed(Facts.Failed(ProbeOutcome.NoAnswer)), "Placeholder"),
        ["full, and yet somebody accepts"] =
            (Facts.Of([Facts.Listener(129), Facts.Connection(1)], [Facts.Listener(129), Facts.Connection(1, inode: 3)]).Probed(
                Facts.Failed(ProbeOutcome.NoAnswer)), "Handled"),
        ["full, its last ACK did not fit"] = (Facts.Of(Facts.Listener(129)).Probed(Facts.Connected(HeldBack)), "Placeholder"),
        ["TCP_DEFER_ACCEPT, and a FIN does not end it"] = (Facts.Of(Facts.Listener()).Probed(Facts.Connected(HeldBack)), "Unknown?"),
        ["TCP_DEFER_ACCEPT, a FIN ends it, and it is closed before it was seen again"] = (
            Facts.Of(Facts.Listener()).Probed(Facts.Connected(HeldBack) with { PeerEnd = PeerEnd.Fin, AcceptedAfter = TimeSpan.FromMilliseconds(160) }),
                "Handled"),
        ["NAT answers, nothing listens"] = (Facts.Of().Probed(Facts.Connected(null)), "Kernel"),
        ["NAT answers, conntrack says who"] = (Facts.Of().Probed(Facts.Connected(null, nat: "10.244.1.5:8080")), "Kernel"),
        ["NAT answers before the placeholder sees it"] = (Facts.Of(Facts.Listener()).Probed(Facts.Connected(null)), "Kernel"),
        ["NAT sends it to a process on another port"] = (Facts.Of().Probed(Facts.Connected(OnAnotherPort, nat: "127.0.0.1:8080")), "Kernel"),
        ["NAT of another address that conntrack knows"] =
            (Facts.Of().Probed(Facts.Connected(null, "10.96.0.1", nat: "10.244.1.5:8080") with { TargetIsLocal = false }), "Kernel"),
        ["another host, or NAT"] = (Facts.Of().Probed(Facts.Connected(null, "198.51.100.1") with { TargetIsLocal = false }), "Unknown?"),
        ["refused everywhere"] = (Facts.Of().Probed(Facts.Failed(ProbeOutcome.Refused), Facts.Failed(ProbeOutcome.Refused, "10.0.0.1")), "None"),
        ["refused in front of a listener"] = (Facts.Of(Facts.Listener()).Probed(Facts.Failed(ProbeOutcome.Refused)), "None"),
        ["silence in front of a listener with room"] = (Facts.Of(Facts.Listener(3)).Probed(Facts.Failed(ProbeOutcome.NoAnswer)), "Filtered"),
        ["silence, nobody there"] = (Facts.Of().Probed(Facts.Failed(ProbeOutcome.NoAnswer)), "Filtered"),
        ["a rule says unreachable"] = (Facts.Of().Probed(Facts.Failed(ProbeOutcome.Unreachable)), "Filtered"),
        ["another host is silent, and a listener's queue here is full"] =
            (Facts.Of(Facts.Listener(129)).Probed(Facts.Failed(ProbeOutcome.NoAnswer, "198.51.100.1") with { TargetIsLocal = false }), "Filtered"),
        ["refused here, silence there"] = (Facts.Of().Probed(Facts.Failed(ProbeOutcome.Refused), Facts.Failed(ProbeOutcome.NoAnswer, "10.0.0.1")), "Filtered"),
        ["a process on loopback, NAT on the node's address"] =
            (Facts.Of(Facts.Listener()).Probed(Facts.Connected(Accepted), Facts.Connected(null, "10.0.0.1")), "Kernel"),
        ["a placeholder on loopback, NAT on the node's address"] =
            (Facts.Of(Facts.Listener()).Probed(Facts.Connected(Queued), Facts.Connected(null, "10.0.0.1")), "Placeholder"),
        ["a process on IPv4, no IPv6 here"] =
            (Facts.Of(Facts.Listener()).Probed(Facts.Connected(Accepted), Facts.Failed(ProbeOutcome.NotTried, "::1")), "Handled"),

        ["shared: one took it, the other is stopped"] = (Facts.Of(Facts.Listener(), Facts.Listener(inode: 9)).Probed(Facts.Connected(Accepted)), "Placeholder"),
        ["shared: it lies in the queue of the stopped one"] = (
            Facts.Of([Facts.Listener(), Facts.Listener(inode: 9)], [Facts.Listener(), Facts.Listener(1, inode: 9)]).Probed(Facts.Connected(Queued)),
                "Placeholder"),
        ["shared: one took it, of the other nothing is seen"] =
            (Facts.Of(Facts.Listener(), Facts.Listener(inode: 5)).Probed(Facts.Connected(Accepted)), "Handled?"),
        ["shared: one took it, the other's queue stands still"] = (
            Facts.Of(Facts.Listener(), Facts.Listener(1, inode: 5), Facts.Connection(1)).Probed(Facts.Connected(Accepted)), "Placeholder"),
        ["shared: one took it, the other's queue stands still, and whose is not seen"] =
            (Facts.Of(Facts.Listener(), Facts.Listener(1, inode: 5)).Probed(Facts.Connected(Accepted)), "Placeholder?"),
        ["shared: one took it, the other's queue moves"] = (
            Facts.Of([Facts.Listener(), Facts.Listener(1, inode: 5)], [Facts.Listener(), Facts.Listener(inode: 5)]).Probed(Facts.Connected(Accepted)),
                "Handled"),
        ["shared: each took one"] =
            (Facts.Of(Facts.Listener(), Facts.Listener(inode: 5)).Probed(Facts.Connected(Accepted), Facts.Connected(Accepted with { Inode = 6 }, "10.0.0.1")),
                "Handled"),
        ["shared by two sockets of one process"] = (Facts.Of(Facts.Listener(), Facts.Listener(inode: 2)).Probed(Facts.Connected(Accepted)), "Handled?"),
        ["shared: who took it has closed it"] = (Facts.Of(Facts.Listener(), Facts.Listener(inode: 5)).Probed(Facts.Connected(Closed)), "Handled?"),
        ["the only process is stopped, and was not tried"] = (Facts.Of(Facts.Listener(inode: 9)).NotProbed(), "Placeholder"),

        ["not tried: a connection waits and waits"] = (Facts.Of(Facts.Listener(1), Facts.Connection(1)).NotProbed(), "Placeholder"),
        ["not tried: the queue does not move"] = (Facts.Of(Facts.Listener(1)).NotProbed(), "Placeholder?"),
        ["not tried: one that waited was taken"] =
            (Facts.Of([Facts.Listener(1), Facts.Connection(1)], [Facts.Listener(), Facts.Connection(1, inode: 2)]).NotProbed(), "Handled"),
        ["not tried: connections have owners"] = (Facts.Of(Facts.Listener(), Facts.Connection(1, inode: 2)).NotProbed(), "Handled"),
        ["not tried: nobody has connected yet"] = (Facts.Of(Facts.Listener()).NotProbed(), "Idle?"),
        ["not tried: nothing listens"] = (Facts.Of().NotProbed(), "None?"),
        ["not tried: nothing listens, a rule names the port"] = (Facts.Of().WithRule().NotProbed(), "Kernel?"),
        ["not tried: nothing can be read"] = (Facts.Of().NotProbed() with { TableUnreadable = true }, "Unknown?"),
        ["a connection made from the port as an ephemeral one"] = (Facts.Of(Facts.Connection(1, inode: 2)).NotProbed(), "None?"),

        ["UDP: nothing bound"] = (Facts.Of().Udp(), "None"),
        ["UDP: nothing bound, a rule names the port"] = (Facts.Of().WithRule().Udp(), "Kernel?"),
        ["UDP: bound, empty"] = (Facts.Of(Facts.Datagrams(0)).Udp(), "Idle?"),
        ["UDP: datagrams wait"] = (Facts.Of(Facts.Datagrams(832)).Udp(), "Placeholder"),
        ["UDP: more and more wait"] = (Facts.Of([Facts.Datagrams(832)], [Facts.Datagrams(1664, drops: 3)]).Udp(), "Placeholder"),
        ["UDP: its process is stopped"] = (Facts.Of(Facts.Datagrams(0, inode: 9)).Udp(), "Placeholder"),
        ["UDP: shared, and one is read"] =
            (Facts.Of([Facts.Datagrams(832), Facts.Datagrams(0, inode: 5)], [Facts.Datagrams(0), Facts.Datagrams(0, inode: 5)]).Udp(), "Handled?"),
        ["UDP: shared, one is read and one is not"] =
            (Facts.Of([Facts.Datagrams(832), Facts.Datagrams(832, inode: 5)], [Facts.Datagrams(0), Facts.Datagrams(832, inode: 5)]).Udp(), "Placeholder?"),
        ["UDP: what waited is read"] = (Facts.Of([Facts.Datagrams(832)], [Facts.Datagrams(0)]).Udp(), "Handled"),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Judge_Case_HasItsVerdict(string name)
    {
        var (facts, expected) = Cases[name];

        var judgement = Classifier.Judge(facts);

        // A question mark: likely, not certain.
        $"{judgement.Verdict}{(judgement.IsCertain ? "" : "?")}".ShouldBe(expected, string.Join('\n', judgement.Reasons));
        judgement.Reasons.ShouldNotBeEmpty();
        judgement.Reasons.Concat(judgement.Remarks).ShouldAllBe(line => line.EndsWith('.') && !line.Contains('\n'));
        judgement.Reasons.Concat(judgement.Remarks).ShouldBeUnique();
    }

    [Theory]
    [InlineData(Verdict.Handled, 0)]
    [InlineData(Verdict.Placeholder, 1)]
    [InlineData(Verdict.Unserved, 1)]
    [InlineData(Verdict.Kernel, 2)]
    [InlineData(Verdict.None, 2)]
    [InlineData(Verdict.Filtered, 2)]
    [InlineData(Verdict.Unknown, 2)]
    [InlineData(Verdict.Idle, 2)]
    public void ExitCode_IsThatOfTheContract(object verdict, int code) => VerdictExitCode.Of((Verdict)verdict).ShouldBe(code);

    [Fact]
    public void Judge_Placeholder_TellsTheSignatureOfTheOutage()
    {
        var orphans = Enumerable.Range(1, 129).Select(client => Facts.Connection(client, state: SocketState.CloseWait, unread: 252));

        var judgement = Classifier.Judge(Facts.Of([Facts.Listener(129), .. orphans]).Overflowing().Probed(Facts.Failed(ProbeOutcome.NoAnswer)));

        judgement.Reasons.ShouldContain("holder (pid 4711) listens on 0.0.0.0:30080; its accept queue (Recv-Q/Send-Q) was 129/128 before and 129/128 after.");
        judgement.Reasons.ShouldContain(
            "129 connections that the kernel established have no owner: 129 in CLOSE_WAIT, with 32508 unread bytes (a FIN counts as one).");
        judgement.Remarks.ShouldContain(remark => remark.StartsWith("ListenOverflows has grown"));
        judgement.NextSteps.ShouldContain(step => step.StartsWith("Stop the process"));
    }

    [Fact]
    public void Judge_StalledAcceptLoop_IsToldFromAPlaceholder()
    {
        var judgement = Classifier.Judge(Facts.Of(Facts.Listener(), Facts.Connection(1, inode: 3)).Probed(Facts.Connected(Queued)));

        judgement.Verdict.ShouldBe(Verdict.Placeholder);
        judgement.Remarks.ShouldContain(remark => remark.Contains("accepted once: its accept loop is stalled"));
    }

    /// <summary>A test connection comes to one of the sockets, by chance: the verdict and the sockets that are named are the same either way.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Judge_SharedWithAStoppedProcess_NamesBothWhoeverWasHit(bool runningOneIsHit)
    {
        var facts = Facts.Of([Facts.Listener(), Facts.Listener(inode: 9)], [Facts.Listener(), Facts.Listener(runningOneIsHit ? 0u : 1u, inode: 9)]).Probed(
            Facts.Connected(runningOneIsHit ? Accepted : Queued));

        var judgement = Classifier.Judge(facts);

        (judgement.Verdict, judgement.Summary).ShouldBe((Verdict.Placeholder, "2 sockets share the port, and not all accept"));
        judgement.Reasons[0].ShouldStartWith("2 sockets share 0.0.0.0:30080 (SO_REUSEPORT), and the kernel deals connections out to all of them");
        judgement.Reasons.ShouldContain(reason => reason.Contains("holder (pid 4711)") && reason.Contains("30080"));
        judgement.Reasons.ShouldContain(
            "sleeper (pid 4713) is stopped (by a signal, a debugger or a freezer), so that nobody accepts from its socket on 0.0.0.0:30080.");
        judgement.NextSteps.ShouldContain(step => step.StartsWith("Let sleeper (pid 4713) go on (kill -CONT 4713"));
    }

    [Fact]
    public void Judge_Shared_IsNeverPlainlyHandled()
    {
        var judgement = Classifier.Judge(Facts.Of(Facts.Listener(), Facts.Listener(inode: 5)).Probed(Facts.Connected(Accepted)));

        (judgement.Verdict, judgement.Summary).ShouldBe((Verdict.Handled, "a process accepts; 2 sockets share the port"));
        judgement.Reasons.ShouldContain("holder (pid 4711) took the test connection to 0.0.0.0:30080.");
        judgement.Reasons.ShouldContain("Nothing shows whether worker (pid 4712) accepts on 0.0.0.0:30080, too: its queue was 0/128.");
    }

    /// <summary>One process may have several there, as the proxy has at its health port.</summary>
    [Fact]
    public void Judge_SharedByOneProcess_SaysThatItTookIt()
    {
        var judgement = Classifier.Judge(Facts.Of(Facts.Listener(), Facts.Listener(inode: 2)).Probed(Facts.Connected(Accepted)));

        (judgement.Verdict, judgement.IsCertain).ShouldBe((Verdict.Handled, false));
        judgement.Reasons.ShouldContain(
            "holder (pid 4711) took the test connection; by which of its sockets on 0.0.0.0:30080 is not seen (2 times).");
    }

    [Fact]
    public void Judge_OwnUdpPort_IsHandledAsTheProxySays()
    {
        var facts = Facts.Of(Facts.Datagrams(0), Facts.Datagrams(0)).Udp();

        var judgement = Classifier.Judge(facts, Served(pid: 4711));

        (judgement.Verdict, judgement.IsCertain).ShouldBe((Verdict.Handled, true));
        judgement.Reasons.Concat(
            judgement.Remarks).Count(line => line == "The running userproxy has this port for default/dns (NodePort 0.0.0.0:30080): Listening.").ShouldBe(1);
        judgement.Reasons.ShouldContain(line => line.EndsWith("since it was made (2 times)."));
    }

    /// <summary>Who holds the wildcard's port at one address leaves it a socket at each of the others.</summary>
    [Fact]
    public void Judge_OwnUdpPortAtOneAddress_IsHandledAsTheProxySays()
    {
        var part = Facts.Datagrams(0) with { Local = System.Net.IPEndPoint.Parse($"127.0.0.1:{Facts.Port}") };

        Classifier.Judge(Facts.Of(part).Udp(), Served(pid: 4711)).Verdict.ShouldBe(Verdict.Handled);
        Classifier.Judge(Facts.Of(part).Udp(), Served(pid: 1)).Verdict.ShouldBe(Verdict.Idle);
    }

    [Fact]
    public void Judge_HeldWithoutAListener_NamesAllHolders()
    {
        var bound = Facts.Listener(inode: 5) with { State = SocketState.Bound };
        var facts = Facts.Of(bound, Facts.Connection(1, inode: 2)).Probed(Facts.Failed(ProbeOutcome.Refused)) with
        {
            Kept = [Facts.Connection(2, state: SocketState.TimeWait), Facts.Connection(3, state: SocketState.TimeWait)],
        };

        Classifier.Judge(facts).Remarks.ShouldBe([
            "worker (pid 4712) has 0.0.0.0:30080 bound without listening: it refuses, and keeps others away.",
            "holder (pid 4711) has a connection from 127.0.0.1:30080 to 127.0.0.1:40001: it may keep others from listening there.",
            "The kernel keeps 2 closed connections from the port for a minute (TIME_WAIT, 127.0.0.1:30080); no process has them, and who does not set "
                + "SO_REUSEADDR cannot listen there until then."]);
    }

    /// <summary>Beside a listener at one address others may have the port at others.</summary>
    [Fact]
    public void Judge_HeldBesideAListener_NamesAllHolders()
    {
        var bound = Facts.Listener(inode: 5, address: "127.0.0.4") with { State = SocketState.Bound };
        var facts = Facts.Of(Facts.Listener(address: "127.0.0.2"), bound, Facts.Connection(1, inode: 6), Facts.Connection(2)).Probed(
            Facts.Connected(Accepted, "127.0.0.2"));

        Classifier.Judge(facts).Remarks.ShouldBe([
            "worker (pid 4712) has 127.0.0.4:30080 bound without listening: it refuses, and keeps others away.",
            "worker (pid 4712) has a connection from 127.0.0.1:30080 to 127.0.0.1:40001: it may keep others from listening there."]);
    }

    [Fact]
    public void Judge_UdpPortOfAnotherProcess_IsNotTheProxys() =>
        Classifier.Judge(Facts.Of(Facts.Datagrams(0)).Udp(), Served(pid: 1)).Verdict.ShouldBe(Verdict.Idle);

    [Fact]
    public void Judge_RefusedOnPurpose_SaysWhoseItIs()
    {
        var served = new ServedPort(
            4711, [("default/dns", new ListenerItem("NodePort", "0.0.0.0", Facts.Port, "Refusing", "no endpoint is usable anywhere", null, null))]);

        Classifier.Judge(Facts.Of().Probed(Facts.Failed(ProbeOutcome.Refused)), served).Reasons
            .ShouldContain("The running userproxy has this port for default/dns (NodePort 0.0.0.0:30080): Refusing, no endpoint is usable anywhere.");
    }

    /// <summary>A process accepts, and whoever connects is reset: a green would lie.</summary>
    [Fact]
    public void Judge_OursWithoutAnAnsweringEndpoint_IsUnserved()
    {
        var served = Serving(new ListenerItem("NodePort", "0.0.0.0", Facts.Port, "Listening", null, null, null, "Failing"));

        var judgement = Classifier.Judge(Facts.Of(Facts.Listener()).Probed(Facts.Connected(Accepted)), served);

        judgement.Verdict.ShouldBe(Verdict.Unserved);
        judgement.IsCertain.ShouldBeTrue();
        judgement.Summary.ShouldBe("userproxy accepts, and no endpoint behind it answers");
        judgement.Reasons[0].ShouldEndWith("Listening, and none of its endpoints answers, so that connections are reset.");
        judgement.Remarks.ShouldNotContain(judgement.Reasons[0]);
        judgement.NextSteps[0].ShouldBe("See what its endpoints answer, and why: userproxy explain default/web");
        VerdictExitCode.Of(judgement.Verdict).ShouldBe(1);
    }

    /// <summary>Without a test connection nothing shows that it accepts; what the proxy itself says is enough.</summary>
    [Fact]
    public void Judge_OursWithoutAnAnsweringEndpoint_NotProbed_IsUnserved() =>
        Classifier.Judge(
            Facts.Of(Facts.Listener()).NotProbed(),
            Serving(new ListenerItem("NodePort", "0.0.0.0", Facts.Port, "Listening", null, null, null, "Failing"))).Verdict.ShouldBe(Verdict.Unserved);

    /// <summary>Whoever asks because the Service does not answer is not to be told that all is well.</summary>
    [Fact]
    public void Judge_TakenByAnother_SaysSoAndWhatToDo()
    {
        var served = Serving(new ListenerItem("NodePort", "0.0.0.0", Facts.Port, "Failed", "0.0.0.0:30080 is taken by worker (pid 4712)", null, null));

        var judgement = Classifier.Judge(Facts.Of(Facts.Listener()).Probed(Facts.Connected(Accepted)), served);

        (judgement.Verdict, judgement.Summary).ShouldBe((Verdict.Handled, "a process accepts, and not the userproxy that is to serve here"));
        judgement.NextSteps.ShouldContain("Stop the process that has the port, or give default/web another: userproxy binds it as soon as it is free.");
    }

    /// <summary>One of its addresses cannot be had; who accepts at the other is userproxy itself.</summary>
    [Fact]
    public void Judge_OursBesideOneThatFailed_IsNotTaken()
    {
        var served = new ServedPort(Pid: null, [
            ("default/web", new ListenerItem("LoadBalancer", "127.0.0.1", Facts.Port, "Listening", null, null, null, "Answering")),
            ("default/other", new ListenerItem("LoadBalancer", "127.0.0.9", Facts.Port, "Failed", "the address is not there", null, null))]);

        var judgement = Classifier.Judge(Facts.Of(Facts.Listener(address: "127.0.0.1")).Probed(Facts.Connected(Accepted)), served);

        judgement.IsTaken.ShouldBeFalse();
        judgement.NextSteps.ShouldNotContain(step => step.StartsWith("Stop the process", StringComparison.Ordinal));
    }

    /// <summary>Nobody accepts at all, which says more.</summary>
    [Fact]
    public void Judge_OursThatDoesNotAccept_IsAPlaceholder() =>
        Classifier.Judge(
            Facts.Of(Facts.Listener(1), Facts.Connection(1)).Probed(Facts.Connected(Facts.Connection(0))),
            Serving(new ListenerItem("NodePort", "0.0.0.0", Facts.Port, "Listening", null, null, null, "Failing"))).Verdict.ShouldBe(Verdict.Placeholder);

    /// <summary>What a test connection of this node meets is not what every client does.</summary>
    [Theory]
    [InlineData("Dropping", "no endpoint on this node (externalTrafficPolicy Local); clients of this node are served", null)]
    [InlineData("Listening", "127.0.0.1:30080 is taken by nginx (pid 7)", null)]
    [InlineData("Listening", null, "192.0.2.0/24")]
    public void Judge_SomeClientsOfOursGetNothing_SaysSoBesideTheVerdict(string state, string? reason, string? range)
    {
        var served = Serving(new ListenerItem("LoadBalancer", "0.0.0.0", Facts.Port, state, reason, null, null, "Answering")
        {
            SourceRanges = range is null ? [] : [range],
        });

        var judgement = Classifier.Judge(Facts.Of(Facts.Listener()).Probed(Facts.Connected(Accepted)), served);

        judgement.Verdict.ShouldBe(Verdict.Handled);
        judgement.Summary.ShouldBe("a process accepts, and does not serve every client");
        judgement.Remarks.ShouldContain(remark => remark.Contains(reason ?? range!, StringComparison.Ordinal));
    }

    private static ServedPort Serving(ListenerItem listener) => new(Pid: null, [("default/web", listener)]);

    [Fact]
    public void Judge_AcceptsAndDoesNotRead_IsHandledWithARemark()
    {
        var unread = Facts.Connection(1, inode: 3, unread: 500);

        var judgement = Classifier.Judge(Facts.Of(Facts.Listener(), unread).Probed(Facts.Connected(Accepted) with { ClosedAfterFin = false }));

        judgement.Verdict.ShouldBe(Verdict.Handled);
        judgement.Remarks.ShouldContain("1 accepted connection held 500 unread bytes at both readings: accepted, and not read.");
        judgement.Remarks.ShouldContain(remark => remark.StartsWith("The process did not close the test connection"));
    }

    [Fact]
    public void Judge_AtTheDescriptorLimit_Says()
    {
        var facts = Facts.Of(Facts.Listener()).Probed(Facts.Connected(Queued)) with
        {
            Owners = Facts.OwnersOf((1ul, new SocketOwner(5, "full", 0, 1023, 1024))),
        };

        Classifier.Judge(facts).Remarks.ShouldContain("full (pid 5) has 1023 of 1024 descriptors open: at the limit it cannot accept.");
    }

    [Fact]
    public void Judge_OtherAddressesDisagree_AreARemark()
    {
        var judgement = Classifier.Judge(Facts.Of(Facts.Listener()).Probed(Facts.Connected(Accepted), Facts.Connected(null, "10.0.0.1")));

        judgement.Remarks.ShouldContain(remark => remark.StartsWith("Elsewhere it is otherwise: A test connection to 127.0.0.1:30080 was accepted"));
    }

    [Theory]
    [InlineData(ProbeOutcome.NoAnswer)]
    [InlineData(ProbeOutcome.Refused)]
    public void Judge_AnotherHostsAddress_IsNotTheListenersHere(ProbeOutcome outcome)
    {
        var judgement = Classifier.Judge(Facts.Of(Facts.Listener()).Probed(Facts.Failed(outcome, "198.51.100.1") with { TargetIsLocal = false }));

        judgement.Reasons[0].ShouldContain("not one of this node");
        judgement.Reasons[0].ShouldNotContain("holder");
    }

    [Fact]
    public void Judge_CannotBeTried_SaysWhy() =>
        Classifier.Judge(Facts.Of(Facts.Listener()).Probed(Facts.Failed(ProbeOutcome.NotTried))).Remarks.ShouldContain(
            "127.0.0.1:30080 could not be tried: the system's words.");

    [Fact]
    public void Judge_OwnerUnseen_SaysWhatWouldShowIt()
    {
        var judgement = Classifier.Judge(Facts.Of(Facts.Listener()).Probed(Facts.Connected(Accepted)) with { Owners = new SocketOwners() });

        judgement.Verdict.ShouldBe(Verdict.Handled);
        judgement.Reasons[0].ShouldContain("a process of uid 0 that cannot be seen from here");
        judgement.NextSteps.ShouldContain(step => step.StartsWith("Run it as root"));
    }

    [Fact]
    public void Judge_NameWithEscapes_IsMadePrintable()
    {
        var facts = Facts.Of(Facts.Listener()).Probed(Facts.Connected(Queued)) with
        {
            Owners = Facts.OwnersOf((1ul, new SocketOwner(5, "evil\e[2J\nname", 0, 3, null))),
        };

        Classifier.Judge(facts).Reasons.ShouldAllBe(reason => !reason.Contains('\e') && !reason.Contains('\n'));
    }

    [Fact]
    public void Judge_ManyConnections_IsQuick()
    {
        var many = Enumerable.Range(0, 100_000).Select(client => new SocketRow(
            SocketState.Established, Facts.Connection(1).Local, new System.Net.IPEndPoint(0x0a000000 + (client / 60_000), 1024 + (client % 60_000)), 0, 0, 0,
            (ulong)client + 10)).ToList();

        long began = TimeProvider.System.GetTimestamp();
        Classifier.Judge(Facts.Of([Facts.Listener(), .. many]).NotProbed()).Verdict.ShouldBe(Verdict.Handled);
        // Each with each would take minutes.
        TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(60));
    }

    private static ServedPort Served(int pid) =>
        new(pid, [("default/dns", new ListenerItem("NodePort", "0.0.0.0", Facts.Port, "Listening", null, null, null))]);
}
