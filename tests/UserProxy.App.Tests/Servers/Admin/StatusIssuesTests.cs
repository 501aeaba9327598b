using System.Net;
using System.Net.Sockets;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.FunctionalTests.Support;
using UserProxy.Model;
using UserProxy.Reading;
using UserProxy.Syncing;

namespace UserProxy.App.Tests.Servers.Admin;

/// <summary>What the process knows to be wrong, <c>/v1/status</c> says.</summary>
public sealed class StatusIssuesTests
{
    [Fact]
    public async Task PortIsTaken_IsAnIssueOfItsService()
    {
        using var folder = new TempFolder();
        using var squatter = new TcpListener(IPAddress.Any, 0);
        squatter.Start();
        int port = ((IPEndPoint)squatter.LocalEndpoint).Port;
        string admin = Path.Combine(folder.Path, "a.sock");
        string manifest = folder.Write("a.yaml", Manifests.Service("web", port));
        using var stop = new CancellationTokenSource();
        var run = new Cli().RunUntilAsync(
            stop.Token, "run", "--manifests", manifest, "--admin-socket", admin, "--cluster-ips", "off", "--healthz-bind-address", "off",
            "--metrics-bind-address", "off", "--drain-timeout", "0s");
        string issues = "";
        await Eventually.IsTrue(
            async () => (issues = await IssuesAsync(admin)).Contains("FailedToListen", StringComparison.Ordinal), "the status names the listener");

        issues.ShouldContain("Service default/web");
        issues.ShouldContain($"0.0.0.0:{port}: the port is taken");
        await stop.CancelAsync();
        (await run).ShouldBe(0);
    }

    [Fact]
    public async Task PortOfHealthChecksIsTaken_IsAnIssueOfTheNode()
    {
        using var folder = new TempFolder();
        using var squatter = new TcpListener(IPAddress.Loopback, 0);
        squatter.Start();
        string admin = Path.Combine(folder.Path, "a.sock");
        using var stop = new CancellationTokenSource();
        var run = new Cli().RunUntilAsync(
            stop.Token, "run", "--manifests", folder.Path, "--admin-socket", admin, "--cluster-ips", "off", "--healthz-bind-address",
            $"{squatter.LocalEndpoint}", "--metrics-bind-address", "off",
            "--node-name", "node-1", "--drain-timeout", "0s");
        string issues = "";
        await Eventually.IsTrue(
            async () => (issues = await IssuesAsync(admin)).Contains("FailedToStartProxierHealthcheck", StringComparison.Ordinal), "the status names the port");

        issues.ShouldContain("Node node-1");
        issues.ShouldContain($"health checks cannot be answered on {squatter.LocalEndpoint}: the port is taken");
        issues.ShouldContain("--healthz-bind-address moves the health checks of userproxy");
        await stop.CancelAsync();
        (await run).ShouldBe(0);
    }

    [Fact]
    public async Task AddressOfHealthChecksIsNobodys_IsAnIssueWithWhatToDo()
    {
        using var folder = new TempFolder();
        string admin = Path.Combine(folder.Path, "a.sock");
        using var stop = new CancellationTokenSource();
        var run = new Cli().RunUntilAsync(
            stop.Token, "run", "--manifests", folder.Path, "--admin-socket", admin, "--cluster-ips", "off", "--healthz-bind-address", "192.0.2.1:10256",
            "--metrics-bind-address", "off", "--node-name", "node-1", "--drain-timeout", "0s");
        string issues = "";
        await Eventually.IsTrue(
            async () => (issues = await IssuesAsync(admin)).Contains("FailedToStartProxierHealthcheck", StringComparison.Ordinal), "the status names the port");

        issues.ShouldContain("health checks cannot be answered on 192.0.2.1:10256: Cannot assign requested address. No interface of this node has the address");
        await stop.CancelAsync();
        (await run).ShouldBe(0);
    }

    /// <summary>As the log of a run without rights has it.</summary>
    [Theory]
    [InlineData("Permission denied", 80, "Give userproxy CAP_NET_BIND_SERVICE, or lower net.ipv4.ip_unprivileged_port_start")]
    [InlineData("Permission denied", 30080, "A security module or a cgroup forbids it: the kernel's log (journalctl -k) and that of audit say which")]
    [InlineData("Too many open files", 80, "Raise the limit of descriptors (LimitNOFILE, ulimit -n)")]
    [InlineData("the port is taken by nginx (pid 7)", 80, null)]
    [InlineData(null, 80, null)]
    public void BindCure_IsWhatToDoAboutTheReason(string? reason, int port, string? cure) => BindCure.Of(reason, port).ShouldBe(cure);

    /// <summary>An empty list beside an address that has failed would say that all is well.</summary>
    [Fact]
    public void FailedListener_WhoseReasonIsNotKnownYet_IsAnIssueOnce()
    {
        FailedListenerItem[] failed = [new("a", "b", "", "NodePort", "0.0.0.0", 80, null), new("a", "b", "", "NodePort", "::", 80, "taken")];

        ToMessage.IssuesOf(failed, []).Select(issue => issue.Message).ShouldBe(["0.0.0.0:80: it cannot be listened on", "[::]:80: taken"]);
        ToMessage.IssuesOf(failed, [new("Service a/b", "FailedToListen", "0.0.0.0:80: by nginx"), new("Service a/b", "FailedToListen", "[::]:80: by nginx")])
            .ShouldBeEmpty();
    }

    [Fact]
    public void Problems_OfDeclaredServices_AreKeptForAnHour()
    {
        var time = new UserProxy.Tests.FakeTimeProvider();
        var problems = new RecentProblems(time);
        var web = new ServicePortName("default", "web", "", TransportProtocol.Tcp);
        var table = new ServiceTable(1, [new ServicePort { Name = web, Family = AddressFamily.InterNetwork }]);
        problems.Add(new ServiceProblem(web, ServiceProblem.LocalDialFault, "1 dial"));
        problems.Add(new ServiceProblem(web, ServiceProblem.LocalDialFault, "2 dials"));
        problems.Add(new ServiceProblem(web, ServiceProblem.ListenFailed, "told by the listener itself"));

        var issue = problems.In(table).ShouldHaveSingleItem();
        (issue.Subject, issue.Reason).ShouldBe(("Service default/web", "LocalDialFault"));
        issue.Message.ShouldStartWith("2 dials (at ");
        problems.In(ServiceTable.Empty).ShouldBeEmpty("nobody asks for a Service that is gone");
        time.Advance(TimeSpan.FromMinutes(61));
        problems.In(table).ShouldBeEmpty();
    }

    private static async Task<string> IssuesAsync(string socket)
    {
        try
        {
            using var client = new AdminClient(socket, isRoot: false);
            using var status = await client.GetAsync("/v1/status", TestContext.Current.CancellationToken);
            return status.RootElement.GetProperty("issues").GetRawText();
        }
        catch (AdminException)
        {
            return ""; // not yet
        }
    }
}
