using System.Net;
using UserProxy.App.Inspect;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Linux.PortInspection;

namespace UserProxy.App.Tests.Inspect;

/// <summary>What the running userproxy says of a port, beside what the kernel shows: it leads where it is the cause, and the next step is its.</summary>
public sealed class ServedPortTests
{
    private const string Taken = "the port is taken by holder (pid 4711) at 0.0.0.0:30080";

    private const string Stop = "Stop the process that has the port, or give demo/web another: userproxy binds it as soon as it is free.";

    private static readonly string NotBound = $"The listener of Service demo/web (NodePort 0.0.0.0:30080) could not be bound here: {Taken}.";

    private static readonly PortFacts Accepting = Facts.Of(Facts.Listener()).Probed(Facts.Connected(Facts.Connection(0, inode: 2)));

    private static readonly PortFacts Refused = Facts.Of().Probed(Facts.Failed(ProbeOutcome.Refused));

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
    public void NotBound_AndNobodyHasIt_SaysWhyAndWhereToLook()
    {
        var judgement = Classifier.Judge(Refused, Serving("Failed", "Permission denied"));

        judgement.Summary.ShouldBe("refused, nobody is there");
        judgement.Reasons[0].ShouldBe("The listener of Service demo/web (NodePort 0.0.0.0:30080) could not be bound here: Permission denied.");
        judgement.NextSteps.ShouldBe(["See why it cannot be bound: userproxy explain demo/web"]);
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

    /// <summary>The one that has it is the proxy itself.</summary>
    [Fact]
    public void AddressOfTwoServices_IsNotTaken()
    {
        var served = new ServedPort(4711, [
            ("demo/other", new ListenerItem("ExternalIP", "0.0.0.0", Facts.Port, "Failed", "the address belongs to demo/web:http", null, null)),
            ("demo/web", new ListenerItem("NodePort", "0.0.0.0", Facts.Port, "Listening", null, null, null, "Answering"))]);

        var judgement = Classifier.Judge(Accepting, served);

        (judgement.IsTaken, judgement.Summary).ShouldBe((false, "a process accepts"));
        judgement.NextSteps.ShouldBe(["See why it cannot be bound: userproxy explain demo/other"]);
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

    private static ServedPort Serving(string state, string? reason = null, string? health = null, int? pid = null) =>
        new(pid, [("demo/web", new ListenerItem("NodePort", "0.0.0.0", Facts.Port, state, reason, null, null, health))]);
}
