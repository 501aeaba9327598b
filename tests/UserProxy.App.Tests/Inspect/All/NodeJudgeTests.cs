using System.Net;
using System.Text.Json;
using UserProxy.App.CommandLine;
using UserProxy.App.Inspect;
using UserProxy.App.Inspect.All;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Linux.PortInspection;
using UserProxy.Model;

namespace UserProxy.App.Tests.Inspect.All;

public sealed class NodeJudgeTests
{
    [Fact]
    public void NobodyAccepts_IsAFinding_WithItsClientsAndTheService()
    {
        var report = Looks.Report(Looks.Tcp(30080, queue: 129, backlog: 128, waiting: 129, abandoned: 127));

        var item = report.Listening.ShouldHaveSingleItem();
        (item.Verdict, item.Certain).ShouldBe(("placeholder", true));
        item.Services.ShouldBe([new ServiceAddressItem("shop", "web", "http", "NodePort")]);
        var finding = report.Findings.ShouldHaveSingleItem();
        finding.Reason.ShouldBe("NobodyAccepts");
        finding.Message.ShouldBe(
            "TCP 0.0.0.0:30080 (shop/web) of holder (pid 4711): nobody accepts, and 129 clients wait (queue 129/128); 127 of them gave up (CLOSE_WAIT), with "
                + "32004 unread bytes in all");
    }

    /// <summary>Thirty-three ports of one process are one fault.</summary>
    [Fact]
    public void SameFaultOfOneOwner_IsOneFinding_WithSums()
    {
        var report = Looks.Report([.. Enumerable.Range(30000, 33).Select(port => Looks.Tcp(port, queue: 3, waiting: 3, abandoned: 2))]);

        var finding = report.Findings.ShouldHaveSingleItem();
        finding.Message.ShouldStartWith("33 addresses of holder (pid 4711): nobody accepts, and 99 clients wait; 66 of them gave up (CLOSE_WAIT)");
        finding.Addresses.Count.ShouldBe(33);
        report.Sums.Owners.ShouldHaveSingleItem().ShouldBe(new SumItem("holder", 33, 33, 33, 66, 99, 33L * 2 * 252));
        report.Sums.Verdicts.ShouldHaveSingleItem().Key.ShouldBe("placeholder");
    }

    [Fact]
    public void Suspicious_ComeFirst_TheMostClientsBeforeFewer()
    {
        var report = Looks.Report(
            Looks.Tcp(80, established: 3, inode: 2), Looks.Tcp(81, held: 240, established: 1, inode: 2), Looks.Tcp(82, queue: 1, waiting: 1),
            Looks.Tcp(83, queue: 9, waiting: 9));

        report.Listening.Select(item => item.Port).ShouldBe([83, 82, 81, 80]);
        report.Findings.Select(finding => finding.Reason).ShouldBe(["NobodyAccepts", "NotClosed"]);
    }

    [Fact]
    public void AcceptedAndNotClosed_IsAFinding_AndAFewThatHaveJustLeftAreNone()
    {
        Looks.Report(Looks.Tcp(80, held: 240, established: 4, inode: 2)).Findings.ShouldHaveSingleItem().Message.ShouldContain(
            "240 accepted connections in CLOSE_WAIT");
        Looks.Report(Looks.Tcp(80, held: 9, inode: 2)).Findings.ShouldBeEmpty();
        Looks.Report(Looks.Tcp(80, held: 50, established: 60, inode: 2)).Findings.ShouldBeEmpty();
    }

    /// <summary>A proxy closes after the endpoint: nothing is said against it.</summary>
    [Theory]
    [InlineData(4711, ": the clients have sent all, and the endpoints neither answer nor close: userproxy connections shop/web")]
    [InlineData(1, ": the clients have left, and the process does not close")]
    public void NotClosed_OfTheProxy_IsTheEndpoints(int proxy, string says)
    {
        var known = new KnownPorts("the proxy", Looks.Known.Of(TransportProtocol.Tcp, new IPEndPoint(IPAddress.Any, 30080)), pid: proxy);

        var report = NodeJudge.Judge(Looks.Of(Looks.Tcp(30080, held: 240, inode: 2)), known, UserNames.Read("/nonexistent"), "node-1", Looks.Now);

        report.Findings.ShouldHaveSingleItem().Message.ShouldEndWith(says);
    }

    /// <summary>However well one of them accepts: what comes to the other waits for good.</summary>
    [Fact]
    public void SocketsThatShareAPort_AreAllNamed_AndOneThatDoesNotAcceptMakesTheVerdict()
    {
        var report = Looks.Report(Looks.Shared(30080, (4, 0, 1), (3, 3, 5)));

        var item = report.Listening.ShouldHaveSingleItem();
        item.Verdict.ShouldBe("placeholder");
        item.Sockets.Select(socket => (socket.Owners[0].Name, socket.Accepts)).ShouldBe([("holder", true), ("worker", false)]);
        string message = report.Findings.ShouldHaveSingleItem().Message;
        message.ShouldContain("2 sockets share it, and not all accept");
        message.ShouldContain("holder (pid 4711) accepts on 0.0.0.0:30080: its queue has become shorter");
        message.ShouldContain("worker (pid 4712) took nothing from its queue on 0.0.0.0:30080");
    }

    [Fact]
    public void OwnerIsStopped_IsAFinding_WithoutAnyClient() =>
        Looks.Report(Looks.Tcp(80, inode: 9)).Findings.ShouldHaveSingleItem().Reason.ShouldBe("OwnerStopped");

    [Fact]
    public void IdleListener_IsIdle_AndNoFinding_WithTheWayToKnowMore()
    {
        var report = Looks.Report(Looks.Tcp(80));
        using var text = new StringWriter { NewLine = "\n" };
        new NodeText(text, Screen.None).Write(report);

        report.Listening[0].Verdict.ShouldBe("idle");
        report.Sums.Verdicts.ShouldHaveSingleItem().Key.ShouldBe("idle");
        text.ToString().ShouldContain(
            "\n  idle: at 1 TCP address nobody is connected and nothing waits; whether anybody accepts is shown by a test connection (--probe)\n");
        report.Findings.ShouldBeEmpty();
        InspectAllRun.CodeOf(report).ShouldBe(0);
    }

    [Fact]
    public void Udp_Unread_IsAFinding_AndDropsAreToldOnly()
    {
        Looks.Report(Looks.Udp(53, queue: 768)).Findings.ShouldHaveSingleItem().Message.ShouldContain("768 bytes of datagrams wait, and nobody reads");
        Looks.Report(Looks.Udp(53, drops: 7)).Findings.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("10.96.0.10", "kube-system/dns")]
    [InlineData("0.0.0.0", null)]
    public void DeclaredAddress_IsThatAddressAlone(string address, string? service) =>
        Looks.Report(Looks.Udp(53, address: address)).Listening[0].Services.Select(known => $"{known.Namespace}/{known.Name}").FirstOrDefault()
            .ShouldBe(service);

    [Fact]
    public void Unreadable_IsNotWell()
    {
        var report = Looks.Report(Looks.Of() with { TableUnreadable = true, Unseen = ["sockets: no"] });

        InspectAllRun.CodeOf(report).ShouldBe(2);
    }

    [Fact]
    public void Json_ReadBack_IsTheSame()
    {
        var report = NodeChanges.Compare(Looks.Report(Looks.Full), Looks.Report(Looks.Full, Looks.Now.AddDays(-1)));
        string text = JsonSerializer.Serialize(report, NodeReportJson.Default.NodeReport);

        JsonSerializer.Serialize(JsonSerializer.Deserialize(text, NodeReportJson.Default.NodeReport)!, NodeReportJson.Default.NodeReport).ShouldBe(text);
        using var json = JsonDocument.Parse(text);
        json.RootElement.GetProperty("apiVersion").GetString().ShouldBe(ApiVersion.V1);
        json.RootElement.EnumerateObject().Select(field => field.Name).ShouldBe([
            "apiVersion", "kind", "node", "readAt", "findings", "listening", "sums", "clients", "clientsUncounted", "withoutListener", "counters", "settings",
            "changes", "servicesFrom", "unseen", "source", "unreadable", "elapsedMilliseconds"]);
        json.RootElement.GetProperty("listening")[0].EnumerateObject().Select(field => field.Name).ShouldBe([
            "protocol", "address", "port", "verdict", "certain", "summary", "findings", "stuckSince", "services", "sockets", "connections", "peers",
            "peerAddresses", "peersUncounted"]);
    }

    [Theory]
    [InlineData(QueueSettings.MostWaiting, "128", "1 listener may have asked for a longer queue")]
    [InlineData(QueueSettings.MostWaiting, "64", "no listener gets a queue of more")]
    [InlineData(QueueSettings.MostWaiting, "4096", null)]
    [InlineData(QueueSettings.ResetsOnOverflow, "1", "resets clients")]
    [InlineData(QueueSettings.ResetsOnOverflow, "0", null)]
    [InlineData(QueueSettings.Cookies, "0", "a flood of SYNs")]
    [InlineData(QueueSettings.Cookies, "1", null)]
    [InlineData(QueueSettings.ReusesTimeWait, "0", "not used again")]
    [InlineData(QueueSettings.ReusesTimeWait, "2", null)]
    [InlineData(QueueSettings.MostHandshakes, "128", "dropped")]
    [InlineData(QueueSettings.MostHandshakes, "4096", null)]
    [InlineData(QueueSettings.OwnPorts, "30000 60999", "the kernel may give 1 port of Services")]
    [InlineData(QueueSettings.OwnPorts, "32768 33768", "few ports")]
    [InlineData(QueueSettings.OwnPorts, "32768 60999", null)]
    [InlineData(QueueSettings.OwnPorts, "nonsense", null)]
    public void Setting_IsJudged(string name, string value, string? problem)
    {
        var setting = SettingsJudge.Judge([(name, value)], Looks.Report(Looks.Tcp(30080)).Listening, []).ShouldHaveSingleItem();

        if (problem is null) setting.Problem.ShouldBeNull();
        else setting.Problem.ShouldNotBeNull().ShouldContain(problem);
    }

    [Fact]
    public void ReservedPorts_AreNotGivenAway() =>
        SettingsJudge.Judge(
            [(QueueSettings.OwnPorts, "30000 60999"), (QueueSettings.ReservedPorts, "8080,30000-32767")], Looks.Report(Looks.Tcp(30080)).Listening, [])
            .ShouldAllBe(setting => setting.Problem == null);

    /// <summary>What the kernel's tables do not show of a UDP port, its proxy knows.</summary>
    [Fact]
    public async Task OwnUdpPort_OfTheRunningProxy_IsHandled()
    {
        using var folder = new TempFolder();
        string admin = Path.Combine(folder.Path, "a.sock");
        int port = UserProxy.FunctionalTests.Support.FreePort.Next();
        string manifest = folder.Write("a.yaml", Manifests.Service("dns", port)
            .Replace("    - port: 80", "    - protocol: UDP\n      port: 80", StringComparison.Ordinal)
            .Replace("  - port: 9", "  - protocol: UDP\n    port: 9", StringComparison.Ordinal));
        using var stop = new CancellationTokenSource();
        var run = new Cli().RunUntilAsync(
            stop.Token, "run", "--manifests", manifest, "--admin-socket", admin, "--cluster-ips", "off", "--healthz-bind-address", "off",
            "--metrics-bind-address", "off", "--drain-timeout", "0s");
        (string, string)? said = null;
        await UserProxy.FunctionalTests.Support.Eventually.IsTrue(
            async () =>
            {
                var cli = new Cli();
                await cli.RunAsync("inspect", "--all", "--admin-socket", admin, "-o", "json");
                using var json = JsonDocument.Parse(cli.Out.ToString());
                foreach (var item in json.RootElement.GetProperty("listening").EnumerateArray().Where(
                    item => item.GetProperty("protocol").GetString() == "UDP" && item.GetProperty("port").GetInt32() == port))
                {
                    if (item.GetProperty("services").GetArrayLength() == 1)
                        said = (item.GetProperty("verdict").GetString()!, item.GetProperty("services")[0].GetProperty("kind").GetString()!);
                }

                // Whose socket it is may not be found in time on a busy machine.
                return said == ("handled", "NodePort");
            },
            "the proxy serves the port, and it is handled");

        await stop.CancelAsync();
        (await run).ShouldBe(0);
    }
}
