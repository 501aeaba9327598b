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

    [Fact]
    public async Task Run_ToolHangs_IsEndedInTimeWithWhatItSaid()
    {
        long began = TimeProvider.System.GetTimestamp();

        // The child of the tool keeps the pipe open.
        var search = await RunAsync(TimeSpan.FromSeconds(1), "sh", "-c", "echo 'tcp dport 30080 drop'; sleep 600; true");

        TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(300));
        search.Hints.ShouldHaveSingleItem();
        search.Unseen.ShouldBe(["netfilter rules: sh did not list them in time"]);
    }

    [Theory]
    [InlineData("echo 'Operation not permitted (you must be root)' >&2; exit 1", "netfilter rules: listing them needs root")]
    [InlineData("echo 'netlink: Error: cache initialization failed' >&2; exit 1", "netfilter rules: sh failed: netlink: Error: cache initialization failed")]
    public async Task Run_ToolFails_SaysWhy(string script, string expected) => (await RunAsync("sh", "-c", script)).Unseen.ShouldBe([expected]);

    [Fact]
    public async Task Run_ToolIsMissing_IsNoProblem() => (await RunAsync("/nonexistent/iptables-save")).Unseen.ShouldBeEmpty();

    private static Task<RuleSearch> RunAsync(params string[] tool) => RunAsync(Eventually.Patience, tool);

    private static async Task<RuleSearch> RunAsync(TimeSpan limit, params string[] tool)
    {
        var search = new RuleSearch(TransportProtocol.Tcp, 30080, NoProc, [tool]);
        await search.RunAsync(limit, CancellationToken.None);
        return search;
    }
}
