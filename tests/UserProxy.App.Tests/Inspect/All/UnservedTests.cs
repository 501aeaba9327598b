using System.Net;
using UserProxy.App.CommandLine;
using UserProxy.App.Inspect;
using UserProxy.App.Inspect.All;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Linux.PortInspection;
using UserProxy.Model;

namespace UserProxy.App.Tests.Inspect.All;

/// <summary>Ports of the running userproxy whose every client gets nothing: what is a fault for one port is a finding of the node.</summary>
public sealed class UnservedTests
{
    private static readonly KnownPorts Failing = new(
        "the running userproxy",
        [
            Port("web", TransportProtocol.Tcp, 30080, "Failing"), Port("db", TransportProtocol.Tcp, 30081, "Failing"),
            Port("dns", TransportProtocol.Udp, 30053, "Failing"), Port("well", TransportProtocol.Tcp, 30082, "Answering"),
        ]);

    [Fact]
    public void Unserved_IsAFinding_AndExits1()
    {
        var report = Judge(Looks.Tcp(22), Looks.Tcp(30080), Looks.Tcp(30082));

        var item = report.Listening[0];
        (item.Port, item.Verdict).ShouldBe((30080, "unserved"));
        item.Findings.ShouldHaveSingleItem().Reason.ShouldBe("Unserved");
        var finding = report.Findings.ShouldHaveSingleItem();
        finding.Reason.ShouldBe("Unserved");
        finding.Message.ShouldBe(
            "TCP 0.0.0.0:30080 (shop/web) of holder (pid 4711): no endpoint behind it answers, and its clients get nothing: userproxy explain shop/web");
        report.Sums.Owners.ShouldHaveSingleItem().Stuck.ShouldBe(1);
        report.Sums.Verdicts.Single(sum => sum.Key == "unserved").Stuck.ShouldBe(1);
        InspectAllRun.CodeOf(report).ShouldBe(1);
    }

    [Fact]
    public void SeveralOfOneOwner_AreOneFinding_WithTheirServices()
    {
        var finding = Judge(Looks.Tcp(30080), Looks.Tcp(30081), Looks.Udp(30053)).Findings.ShouldHaveSingleItem();

        finding.Message.ShouldBe(
            "3 addresses of holder (pid 4711): no endpoint behind them answers, and their clients get nothing (3 Services: shop/web, shop/db, shop/dns): "
                + "userproxy explain shop/web");
        finding.Addresses.ShouldBe(["TCP 0.0.0.0:30080", "TCP 0.0.0.0:30081", "UDP 0.0.0.0:30053"]);
    }

    [Theory]
    [InlineData(false, false, "nothing is stuck")]
    [InlineData(false, true, "1 of 2 addresses is unserved")]
    [InlineData(true, false, "1 of 2 addresses has something stuck")]
    [InlineData(true, true, "1 of 2 addresses has something stuck, and 1 is unserved")]
    public void Headline_CountsBoth(bool isStuck, bool isUnserved, string verdict)
    {
        var report = Judge(isStuck ? Looks.Tcp(22, queue: 3, waiting: 3) : Looks.Tcp(22), Looks.Tcp(isUnserved ? 30080 : 30082));

        TextOf(report, Screen.None).ShouldStartWith($"node-1: 2 TCP addresses listened on, 0 UDP addresses bound; {verdict}\n");
    }

    [Fact]
    public void Unserved_IsAsBadAsAPlaceholder_InColour()
    {
        var screen = new Screen(null, HasColour: true);

        TextOf(Judge(Looks.Tcp(30080)), screen).ShouldContain($"\n{screen.Paint("unserved", Tone.Bad)} ");
    }

    [Fact]
    public void Suspicious_ComeFirst_AfterThoseThatNobodyAcceptsFrom() =>
        Judge(Looks.Tcp(80, held: 240, inode: 2), Looks.Tcp(30080), Looks.Tcp(81, queue: 9, waiting: 9)).Listening.Select(item => item.Port)
            .ShouldBe([81, 30080, 80]);

    [Fact]
    public void Diff_UnservedAtBothTimes_SaysSinceWhen()
    {
        var then = Judge(Looks.Tcp(30080), Looks.Tcp(30081)) with { ReadAt = Looks.Now.AddDays(-3) };

        var report = NodeChanges.Compare(Judge(Looks.Tcp(30080), Looks.Tcp(22)), then);

        var stuck = report.Changes!.Items.Where(item => item.Kind == "Stuck").ShouldHaveSingleItem();
        (stuck.Subject, stuck.Message).ShouldBe(("TCP 0.0.0.0:30080", "Unserved since 2026-11-26 12:00:00Z at least, of holder (pid 4711)"));
    }

    /// <summary>One question, asked of a port and of the node, has one answer.</summary>
    [Fact]
    public void WhatIsAFaultForOnePort_IsAFindingOfTheNode_AndTheOtherWayRound()
    {
        ListeningAddress[] each =
        [
            Looks.Tcp(30080), Looks.Udp(30053), Looks.Tcp(30082), Looks.Tcp(22), Looks.Tcp(23, established: 1), Looks.Tcp(24, queue: 2, waiting: 2),
            Looks.Tcp(25, inode: 9), Looks.Udp(26), Looks.Udp(27, queue: 768), Looks.Udp(28, inode: 9), Looks.Shared(29, (4, 0, 1), (3, 3, 5)),
        ];

        foreach (var address in each)
        {
            var judgement = Classifier.Judge(address.Facts, Failing.ServedAt(address.Protocol, address.Local));
            bool isFault = VerdictExitCode.Of(judgement.Verdict) == ExitCode.Failed;
            InspectAllRun.CodeOf(Judge(address)).ShouldBe(isFault ? ExitCode.Failed : ExitCode.Done, $"{address.Local}: {judgement.Verdict}");
        }
    }

    private static NodeReport Judge(params ListeningAddress[] listening) =>
        NodeJudge.Judge(Looks.Of(listening), Failing, UserNames.Read("/nonexistent"), "node-1", Looks.Now);

    private static string TextOf(NodeReport report, Screen screen)
    {
        using var text = new StringWriter { NewLine = "\n" };
        new NodeText(text, screen).Write(report);
        return text.ToString();
    }

    private static KnownPort Port(string name, TransportProtocol protocol, int port, string health) =>
        new("shop", name, "", "NodePort", protocol, IPAddress.Any, port)
        {
            Listener = new ListenerItem("NodePort", "0.0.0.0", port, "Listening", null, null, null, health),
        };
}
