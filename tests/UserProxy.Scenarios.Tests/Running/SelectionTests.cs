using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Running;

namespace UserProxy.Scenarios.Tests.Running;

/// <summary>What takes part of a run: as asked for, as far as the tools go.</summary>
public sealed class SelectionTests
{
    [Fact]
    public void MissingTool_IsNamedWithItsPackage_AndTakesOutWhatNeedsIt()
    {
        var selection = Selection.Make(new RunSettings { Out = "" }, tool => tool != Tool.HAProxy && tool != Tool.Iperf);

        selection.Paths.ShouldNotContain(path => path.Name == "haproxy");
        selection.Paths.ShouldContain(path => path.Name == "nginx");
        selection.Scenarios.ShouldNotContain(scenario => scenario.Name.StartsWith("bulk-", StringComparison.Ordinal));
        selection.Scenarios.ShouldContain(scenario => scenario.Name == "connections");
        selection.Notes.Count.ShouldBe(2);
        selection.Notes.ShouldContain("haproxy is missing (Debian: haproxy); without it: haproxy");
        selection.Notes.ShouldContain("iperf3 is missing (Debian: iperf3); without it: bulk-1, bulk-8, cpu-bulk");
    }

    [Fact]
    public void WithoutBackends_NothingRuns()
    {
        var selection = Selection.Make(new RunSettings { Out = "" }, tool => tool != Tool.Nginx);

        selection.Paths.ShouldBeEmpty();
        selection.Notes.ShouldContain(note => note.StartsWith("nginx is missing (Debian: nginx)", StringComparison.Ordinal));
    }

    [Fact]
    public void Names_ChooseAlsoWhatTheSizeLeavesOut()
    {
        var selection = Selection.Make(
            new RunSettings { Size = RunSize.Smoke, Only = ["requests-1m", "udp"], Paths = ["planted", "direct"], Out = "" }, _ => true);

        selection.Paths.Select(path => path.Name).ShouldBe(["direct", "planted"]);
        selection.Scenarios.Select(scenario => scenario.Name).ShouldBe(["requests-1m-1", "requests-1m-64", "requests-1m-1000", "udp-long", "udp-churn"]);
    }

    [Fact]
    public void Full_HasEveryPathButTheHidden()
    {
        var selection = Selection.Make(new RunSettings { Out = "" }, _ => true);

        selection.Paths.Select(path => path.Name).ShouldBe(
            ["direct", "iptables", "nftables", "haproxy", "nginx", "userproxy-sockets", "userproxy-epoll", "userproxy-uring"]);
    }

    [Theory]
    [InlineData("requests-1m-1", "requests-1m-1")]
    [InlineData("requests-1m-", "requests-1m-1, requests-1m-64, requests-1m-1000")]
    [InlineData("udp-long,requests-1m-1", "requests-1m-1, udp-long")]
    public void Only_IsAWholeName_OrTheBeginningOfSome(string only, string expected) =>
        string.Join(", ", Selection.Make(new RunSettings { Out = "", Only = only.Split(',') }, _ => true).Scenarios.Select(scenario => scenario.Name)).ShouldBe(
            expected);
}
