using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Results;
using UserProxy.Scenarios.Running;

namespace UserProxy.Scenarios.Tests.Running;

/// <summary>What takes part of a run: as asked for, as far as the tools go.</summary>
public sealed class SelectionTests
{
    [Fact]
    public void MissingTool_IsNamedWithItsPackage_AndTakesOutWhatNeedsIt()
    {
        var selection = Make(new RunSettings { Out = "" }, tool => tool != Tool.HAProxy && tool != Tool.Iperf);

        selection.Paths.ShouldNotContain(path => path.Name == "haproxy");
        selection.Paths.ShouldContain(path => path.Name == "nginx");
        selection.Scenarios.ShouldNotContain(scenario => scenario.Name.StartsWith("bulk-", StringComparison.Ordinal));
        selection.Scenarios.ShouldContain(scenario => scenario.Name == "connections");
        selection.Notes.Count.ShouldBe(3);
        selection.Notes.ShouldContain("haproxy is missing (Debian: haproxy); without it: haproxy");
        selection.Notes.ShouldContain("iperf3 is missing (Debian: iperf3); without it: bulk-1, bulk-8, cpu-bulk, soak");
        selection.Notes[^1].ShouldBe("for all of it: apt-get install haproxy iperf3");
        selection.LeftOut.ShouldBe([new LeftOut("HAProxy", PathKind.Peer, "haproxy not installed")]);
    }

    [Fact]
    public void WithoutBackends_NothingRuns()
    {
        var selection = Make(new RunSettings { Out = "" }, tool => tool != Tool.Nginx);

        selection.Paths.ShouldBeEmpty();
        selection.Notes.ShouldContain(note => note.StartsWith("nginx is missing (Debian: nginx)", StringComparison.Ordinal));
    }

    [Fact]
    public void Names_ChooseAlsoWhatTheSizeLeavesOut()
    {
        var selection = Make(
            new RunSettings { Size = RunSize.Smoke, Only = ["requests-1m", "udp"], Paths = ["planted", "direct"], Out = "" });

        selection.Paths.Select(path => path.Name).ShouldBe(["direct", "planted"]);
        selection.Scenarios.Select(scenario => scenario.Name).ShouldBe(["requests-1m-1", "requests-1m-64", "requests-1m-1000", "udp-long", "udp-churn"]);
    }

    [Fact]
    public void Full_HasEveryPathButTheHidden()
    {
        var selection = Make(new RunSettings { Out = "" });

        selection.Paths.Select(path => path.Name).ShouldBe([
            "direct", "iptables", "ipvs", "nftables", "userspace", "haproxy", "nginx", "envoy", "userproxy-sockets", "userproxy-epoll", "userproxy-uring",
            "userproxy-jit",
        ]);
    }

    [Theory]
    [InlineData("requests-1m-1", "requests-1m-1")]
    [InlineData("requests-1m-", "requests-1m-1, requests-1m-64, requests-1m-1000")]
    [InlineData("udp-long,requests-1m-1", "requests-1m-1, udp-long")]
    public void Only_IsAWholeName_OrTheBeginningOfSome(string only, string expected) =>
        string.Join(", ", Make(new RunSettings { Out = "", Only = only.Split(',') }).Scenarios.Select(scenario => scenario.Name)).ShouldBe(
            expected);

    /// <summary>Said first, and nobody is told to install what would not help.</summary>
    [Fact]
    public void PathThatTheKernelCannotHave_IsLeftOutWithItsReason()
    {
        var selection = Selection.Make(
            new RunSettings { Out = "" }, tool => tool != Tool.Ipvsadm && tool != Tool.Ipset, path => path.Name == "ipvs" ? "no such kernel" : null);

        selection.Paths.ShouldNotContain(path => path.Name == "ipvs");
        selection.Notes.ShouldBe(["ipvs is left out: no such kernel"]);
        selection.LeftOut.ShouldBe([new LeftOut("ipvs mode", PathKind.Kernel, "no such kernel")]);
    }

    /// <summary>The build that compiles while it runs is there for what it differs in, and nowhere else unless it is named.</summary>
    [Fact]
    public void PathForOneScenario_IsAskedThereAlone()
    {
        var selection = Make(new RunSettings { Out = "" });

        selection.Scenarios.Where(scenario => selection.AskedBy(scenario).Any(path => path.Name == "userproxy-jit")).Select(scenario => scenario.Name)
            .ShouldBe(["start"]);
        Make(new RunSettings { Out = "", Only = ["connections"] }).Paths.ShouldNotContain(path => path.Name == "userproxy-jit");
    }

    [Fact]
    public void ToolThatDebianDoesNotHave_IsSaidToBeNamed()
    {
        var selection = Make(new RunSettings { Out = "", Paths = ["envoy", "direct"], Only = ["connections"] }, tool => tool != Tool.Envoy);

        selection.Notes.ShouldBe(["envoy is missing (not in Debian; --program envoy=FILE names one); without it: envoy"]);
    }

    private static Selection Make(RunSettings settings, Func<Tool, bool>? isInstalled = null) =>
        Selection.Make(settings, isInstalled ?? (_ => true), _ => null);
}
