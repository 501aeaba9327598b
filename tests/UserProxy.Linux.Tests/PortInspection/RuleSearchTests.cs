using UserProxy.FunctionalTests.Support;
using UserProxy.Linux.PortInspection;
using UserProxy.Model;

namespace UserProxy.Linux.Tests.PortInspection;

/// <summary>Tools that behave as real ones may.</summary>
public sealed class RuleSearchTests
{
    private const string NoProc = "/nonexistent";

    [Fact]
    public async Task Run_ToolListsTheRule_IsAHint()
    {
        var search = await RunAsync("sh", "-c", "echo '*nat'; echo '-A OUTPUT -p tcp -m tcp --dport 30080 -j X'");

        search.Hints.ShouldBe([new RuleHint("sh", "nat", "-A OUTPUT -p tcp -m tcp --dport 30080 -j X")]);
        search.Unseen.ShouldBeEmpty();
    }

    /// <summary>The rule for IPv6 is another one.</summary>
    [Fact]
    public async Task Run_TwoToolsListTheSameWords_BothAreHints()
    {
        string[] Tool(string shell) => [shell, "-c", "echo '*filter'; echo ':INPUT ACCEPT [0:0]'; echo '-A INPUT -p tcp -m tcp --dport 30080 -j DROP'"];

        var search = (await new RuleSearch([(TransportProtocol.Tcp, 30080)], NoProc, [Tool("sh"), Tool("/bin/sh")])
            .RunAsync(Eventually.Patience, CancellationToken.None))[0];

        search.Hints.Select(hint => hint.Source).ShouldBe(["sh", "/bin/sh"]);
        search.Chains.Select(chain => (chain.Source, chain.Hook)).ShouldBe([("sh", "input"), ("/bin/sh", "input")]);
    }

    [Fact]
    public async Task Run_SeveralPorts_ToolListsOnce_AndEachHasItsOwn()
    {
        string told = Path.Combine(Path.GetTempPath(), $"userproxy-{Guid.NewGuid():N}");
        try
        {
            string[] tool = ["sh", "-c", $"echo x >> {told}; echo '*filter'; for p in 1 2 3; do echo \"-A INPUT -p tcp -m tcp --dport $p -j DROP\"; done"];
            var ports = Enumerable.Range(1, 3).Select(port => (TransportProtocol.Tcp, port)).ToList();

            var found = await new RuleSearch(ports, NoProc, [tool]).RunAsync(Eventually.Patience, CancellationToken.None);

            found.Select(one => one.Hints.Single().Text.Split(' ')[^3]).ShouldBe(["1", "2", "3"]);
            found.ShouldAllBe(one => ReferenceEquals(one.Chains, found[0].Chains));
            File.ReadAllLines(told).Length.ShouldBe(1);
        }
        finally
        {
            File.Delete(told);
        }
    }

    /// <summary>What is shown of them is cut.</summary>
    [Fact]
    public async Task Run_TwoLongRulesThatLookAlike_BothAreHints()
    {
        string rule = $"ip saddr {{ {string.Join(", ", Enumerable.Range(100, 60).Select(number => $"198.51.100.{number}"))} }} tcp dport 30080";

        var search = await RunAsync("sh", "-c", $"echo 'ip daddr 192.0.2.1 {rule} accept'; echo 'ip daddr 192.0.2.2 {rule} accept'");

        search.Hints.Count.ShouldBe(2);
        search.Hints[0].Text.ShouldBe(search.Hints[1].Text);
    }

    [Fact]
    public async Task Run_ToolHangs_IsEndedInTimeWithWhatItSaid()
    {
        long began = TimeProvider.System.GetTimestamp();

        // The child of the tool keeps the pipe open.
        var search = await RunAsync(TimeSpan.FromSeconds(5), "sh", "-c", "echo 'tcp dport 30080 drop'; sleep 600; true");

        TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(300));
        search.Hints.ShouldHaveSingleItem();
        search.Unseen.ShouldBe(["netfilter rules: sh did not list them in time"]);
    }

    /// <summary>The rules that let in may be those that were not said.</summary>
    [Theory]
    [InlineData("0", false)]
    [InlineData("1", true)]
    public async Task Run_ToolFailsHalfWay_ItsChainsAreCut(string exitCode, bool isCut) =>
        (await RunAsync("sh", "-c", $"echo '*filter'; echo ':INPUT DROP [0:0]'; exit {exitCode}")).Chains.ShouldHaveSingleItem().IsCut.ShouldBe(isCut);

    [Theory]
    [InlineData("echo 'Operation not permitted (you must be root)' >&2; exit 1", "netfilter rules: listing them needs root")]
    [InlineData("echo 'netlink: Error: cache initialization failed' >&2; exit 1", "netfilter rules: sh failed: netlink: Error: cache initialization failed")]
    public async Task Run_ToolFails_SaysWhy(string script, string expected) => (await RunAsync("sh", "-c", script)).Unseen.ShouldBe([expected]);

    /// <summary>The time may be up between its last word and its end: what it has said is all there is.</summary>
    [Fact]
    public async Task List_TimeIsUpAsTheToolEnds_ItsAnswerCounts()
    {
        using var limit = new CancellationTokenSource();

        string? problem = await Task.Run(() => RuleLister.List(
            ["sh", "-c", "echo $$; exec 1>&-; echo 'you must be root' >&2; exit 1"],
            line =>
            {
                // Its end, as the kernel shows it before anybody has waited for it.
                string stat = $"/proc/{line}/stat";
                SpinWait.SpinUntil(() => !File.Exists(stat) || TextOf(stat).Contains(") Z ", StringComparison.Ordinal), Eventually.Patience).ShouldBeTrue();
                limit.Cancel();
            },
            limit.Token));

        problem.ShouldBe("netfilter rules: listing them needs root");
    }

    /// <summary>That it could not be started is not that it is not there.</summary>
    [Fact]
    public void List_ToolThatIsNoProgram_SaysSo()
    {
        string path = Path.Combine(Path.GetTempPath(), $"userproxy-{Guid.NewGuid():N}");
        File.WriteAllText(path, "\u007fELF no");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        try
        {
            RuleLister.List([path], _ => { }, CancellationToken.None).ShouldNotBeNull().ShouldStartWith($"netfilter rules: {path} could not be started: ");
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static string TextOf(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return ") Z ";
        }
    }

    [Fact]
    public async Task Run_ToolIsMissing_IsNoProblem() => (await RunAsync("/nonexistent/iptables-save")).Unseen.ShouldBeEmpty();

    private static Task<FoundRules> RunAsync(params string[] tool) => RunAsync(Eventually.Patience, tool);

    private static async Task<FoundRules> RunAsync(TimeSpan limit, params string[] tool) =>
        (await new RuleSearch([(TransportProtocol.Tcp, 30080)], NoProc, [tool]).RunAsync(limit, CancellationToken.None))[0];
}
