using UserProxy.App.Inspection;
using UserProxy.Linux.SocketDiagnostics;

namespace UserProxy.App.Tests.Inspection;

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
        ["reset for want of room (tcp_abort_on_overflow)"] = (Facts.Of(Facts.Listener(129)).Probed(Facts.Connected(null) with { PeerEnd = PeerEnd.Reset }), "Placeholder"),
        ["nobody takes it"] = (Facts.Of([Facts.Listener()], [Facts.Listener(1)]).Probed(Facts.Connected(Queued)), "Placeholder"),
        ["nobody takes it, and its socket hides behind NAT"] = (Facts.Of([Facts.Listener()], [Facts.Listener(1)]).Probed(Facts.Connected(null)), "Placeholder?"),
        ["the queue is full: 129/128"] = (Facts.Of(Facts.Listener(129), Facts.Connection(1, state: SocketState.CloseWait, unread: 252)).Probed(Facts.Failed(ProbeOutcome.NoAnswer)), "Placeholder"),
        ["full, by a source that tells no backlog"] = (Facts.Of(Facts.Listener(129, backlog: null), Facts.Connection(1)).Overflowing().Probed(Facts.Failed(ProbeOutcome.NoAnswer)), "Placeholder"),
        ["full, and yet somebody accepts"] = (Facts.Of([Facts.Listener(129), Facts.Connection(1)], [Facts.Listener(129), Facts.Connection(1, inode: 3)]).Probed(Facts.Failed(ProbeOutcome.NoAnswer)), "Handled"),
        ["full, its last ACK did not fit"] = (Facts.Of(Facts.Listener(129)).Probed(Facts.Connected(HeldBack)), "Placeholder"),
        ["TCP_DEFER_ACCEPT, and a FIN does not end it"] = (Facts.Of(Facts.Listener()).Probed(Facts.Connected(HeldBack)), "Unknown?"),
        ["TCP_DEFER_ACCEPT, a FIN ends it, and it is closed before it was seen again"] = (
            Facts.Of(Facts.Listener()).Probed(Facts.Connected(HeldBack) with { PeerEnd = PeerEnd.Fin, AcceptedAfter = TimeSpan.FromMilliseconds(160) }), "Handled"),
        ["NAT answers, nothing listens"] = (Facts.Of().Probed(Facts.Connected(null)), "Kernel"),
        ["NAT answers, conntrack says who"] = (Facts.Of().Probed(Facts.Connected(null, nat: "10.244.1.5:8080")), "Kernel"),
        ["NAT answers before the placeholder sees it"] = (Facts.Of(Facts.Listener()).Probed(Facts.Connected(null)), "Kernel"),
        ["NAT sends it to a process on another port"] = (Facts.Of().Probed(Facts.Connected(OnAnotherPort, nat: "127.0.0.1:8080")), "Kernel"),
        ["NAT of another address that conntrack knows"] = (Facts.Of().Probed(Facts.Connected(null, "10.96.0.1", nat: "10.244.1.5:8080") with { TargetIsLocal = false }), "Kernel"),
        ["another host, or NAT"] = (Facts.Of().Probed(Facts.Connected(null, "198.51.100.1") with { TargetIsLocal = false }), "Unknown?"),
        ["refused everywhere"] = (Facts.Of().Probed(Facts.Failed(ProbeOutcome.Refused), Facts.Failed(ProbeOutcome.Refused, "10.0.0.1")), "None"),
        ["refused in front of a listener"] = (Facts.Of(Facts.Listener()).Probed(Facts.Failed(ProbeOutcome.Refused)), "None"),
        ["silence in front of a listener with room"] = (Facts.Of(Facts.Listener(3)).Probed(Facts.Failed(ProbeOutcome.NoAnswer)), "Filtered"),
        ["silence, nobody there"] = (Facts.Of().Probed(Facts.Failed(ProbeOutcome.NoAnswer)), "Filtered"),
        ["a rule says unreachable"] = (Facts.Of().Probed(Facts.Failed(ProbeOutcome.Unreachable)), "Filtered"),
        ["another host is silent, and a listener's queue here is full"] = (Facts.Of(Facts.Listener(129)).Probed(Facts.Failed(ProbeOutcome.NoAnswer, "198.51.100.1") with { TargetIsLocal = false }), "Filtered"),
        ["refused here, silence there"] = (Facts.Of().Probed(Facts.Failed(ProbeOutcome.Refused), Facts.Failed(ProbeOutcome.NoAnswer, "10.0.0.1")), "Filtered"),
        ["a process on loopback, NAT on the node's address"] = (Facts.Of(Facts.Listener()).Probed(Facts.Connected(Accepted), Facts.Connected(null, "10.0.0.1")), "Kernel"),
        ["a placeholder on loopback, NAT on the node's address"] = (Facts.Of(Facts.Listener()).Probed(Facts.Connected(Queued), Facts.Connected(null, "10.0.0.1")), "Placeholder"),
        ["a process on IPv4, no IPv6 here"] = (Facts.Of(Facts.Listener()).Probed(Facts.Connected(Accepted), Facts.Failed(ProbeOutcome.NotTried, "::1")), "Handled"),

        ["not tried: a connection waits and waits"] = (Facts.Of(Facts.Listener(1), Facts.Connection(1)).NotProbed(), "Placeholder"),
        ["not tried: the queue does not move"] = (Facts.Of(Facts.Listener(1)).NotProbed(), "Placeholder?"),
        ["not tried: one that waited was taken"] = (Facts.Of([Facts.Listener(1), Facts.Connection(1)], [Facts.Listener(), Facts.Connection(1, inode: 2)]).NotProbed(), "Handled"),
        ["not tried: connections have owners"] = (Facts.Of(Facts.Listener(), Facts.Connection(1, inode: 2)).NotProbed(), "Handled"),
        ["not tried: nobody has connected yet"] = (Facts.Of(Facts.Listener()).NotProbed(), "Unknown?"),
        ["not tried: nothing listens"] = (Facts.Of().NotProbed(), "None?"),
        ["not tried: nothing listens, a rule names the port"] = (Facts.Of().WithRule().NotProbed(), "Kernel?"),
        ["not tried: nothing can be read"] = (Facts.Of().NotProbed() with { TableUnreadable = true }, "Unknown?"),
        ["a connection made from the port as an ephemeral one"] = (Facts.Of(Facts.Connection(1, inode: 2)).NotProbed(), "None?"),

        ["UDP: nothing bound"] = (Facts.Of().Udp(), "None"),
        ["UDP: nothing bound, a rule names the port"] = (Facts.Of().WithRule().Udp(), "Kernel?"),
        ["UDP: bound, empty"] = (Facts.Of(Facts.Datagrams(0)).Udp(), "Unknown?"),
        ["UDP: datagrams wait"] = (Facts.Of(Facts.Datagrams(832)).Udp(), "Placeholder"),
        ["UDP: more and more wait"] = (Facts.Of([Facts.Datagrams(832)], [Facts.Datagrams(1664, drops: 3)]).Udp(), "Placeholder"),
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
    }

    [Theory]
    [InlineData(Verdict.Handled, 0)]
    [InlineData(Verdict.Placeholder, 1)]
    [InlineData(Verdict.Kernel, 2)]
    [InlineData(Verdict.None, 2)]
    [InlineData(Verdict.Filtered, 2)]
    [InlineData(Verdict.Unknown, 2)]
    public void ExitCode_IsThatOfTheContract(object verdict, int code) => VerdictExitCode.Of((Verdict)verdict).ShouldBe(code);

    [Fact]
    public void Judge_Placeholder_TellsTheSignatureOfTheOutage()
    {
        var orphans = Enumerable.Range(1, 129).Select(client => Facts.Connection(client, state: SocketState.CloseWait, unread: 252));

        var judgement = Classifier.Judge(Facts.Of([Facts.Listener(129), .. orphans]).Overflowing().Probed(Facts.Failed(ProbeOutcome.NoAnswer)));

        judgement.Reasons.ShouldContain("holder (pid 4711) listens on 0.0.0.0:30080; its accept queue (Recv-Q/Send-Q) was 129/128 before and 129/128 after.");
        judgement.Reasons.ShouldContain("129 connections that the kernel established have no owner: 129 in CLOSE_WAIT, with 32508 unread bytes (a FIN counts as one).");
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

    [Fact]
    public void Judge_SharedPortOfWhichOneDoesNotAccept_Says()
    {
        var judgement = Classifier.Judge(Facts.Of(Facts.Listener(1), Facts.Listener() with { Inode = 5 }, Facts.Connection(1, inode: 3)).Probed(Facts.Connected(Queued)));

        judgement.Verdict.ShouldBe(Verdict.Placeholder);
        judgement.Remarks.ShouldHaveSingleItem().ShouldStartWith("Several sockets share the port (SO_REUSEPORT)");
    }

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
        var facts = Facts.Of(Facts.Listener()).Probed(Facts.Connected(Queued)) with { Owners = SocketOwners.Of((1ul, new SocketOwner(5, "full", 0, 1023, 1024))) };

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
        Classifier.Judge(Facts.Of(Facts.Listener()).Probed(Facts.Failed(ProbeOutcome.NotTried))).Remarks.ShouldContain("127.0.0.1:30080 could not be tried: the system's words.");

    [Fact]
    public void Judge_OwnerUnseen_SaysWhatWouldShowIt()
    {
        var judgement = Classifier.Judge(Facts.Of(Facts.Listener()).Probed(Facts.Connected(Accepted)) with { Owners = SocketOwners.Of() });

        judgement.Verdict.ShouldBe(Verdict.Handled);
        judgement.Reasons[0].ShouldContain("a process of uid 0 that cannot be seen from here");
        judgement.NextSteps.ShouldContain(step => step.StartsWith("Run it as root"));
    }

    [Fact]
    public void Judge_NameWithEscapes_IsMadePrintable()
    {
        var facts = Facts.Of(Facts.Listener()).Probed(Facts.Connected(Queued)) with { Owners = SocketOwners.Of((1ul, new SocketOwner(5, "evil\e[2J\nname", 0, 3, null))) };

        Classifier.Judge(facts).Reasons.ShouldAllBe(reason => !reason.Contains('\e') && !reason.Contains('\n'));
    }

    [Fact]
    public void Judge_ManyConnections_IsQuick()
    {
        var many = Enumerable.Range(0, 100_000).Select(client => new SocketRow(
            SocketState.Established, Facts.Connection(1).Local, new System.Net.IPEndPoint(0x0a000000 + (client / 60_000), 1024 + (client % 60_000)), 0, 0, 0, (ulong)client + 10)).ToList();

        long began = TimeProvider.System.GetTimestamp();
        Classifier.Judge(Facts.Of([Facts.Listener(), .. many]).NotProbed()).Verdict.ShouldBe(Verdict.Handled);
        // Each with each would take minutes.
        TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(60));
    }
}
