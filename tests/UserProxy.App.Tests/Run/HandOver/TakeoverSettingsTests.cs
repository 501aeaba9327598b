using System.Text;
using UserProxy.App.Configuration;
using UserProxy.App.Run.HandOver;
using UserProxy.Kubernetes.Building;

namespace UserProxy.App.Tests.Run.HandOver;

/// <summary>What a successor says of the settings of the process before it.</summary>
public sealed class TakeoverSettingsTests
{
    private static readonly RunOptions Before = new() { Manifests = ["/etc/a\n.yaml"], Threads = 4, AdminSocket = "/run/a.sock" };

    [Fact]
    public void TheSame_IsNotTold() => Between(Before, Before with { Takeover = TakeoverChoice.Wait }).ShouldBeEmpty();

    [Fact]
    public void Others_AreToldWithBothValues()
    {
        NodePortAddresses.TryParse(["127.0.0.0/8"], out var loopback, out _).ShouldBeTrue();
        var after = Before with
        {
            Manifests = ["/etc/b.yaml"],
            NodePortAddresses = loopback!,
            Threads = 2,
            Defaults = Before.Defaults with { MaxConnections = 7 },
        };

        var differing = Between(Before, after);

        differing.ShouldContain("--manifests (was /etc/a .yaml, is /etc/b.yaml)");
        differing.ShouldContain("--node-port-addresses (was not set, is 127.0.0.0/8)");
        differing.ShouldContain("--threads (was 4, is 2)");
        differing.ShouldContain(said => said.StartsWith("defaults.maxConnections (was ", StringComparison.Ordinal));
        differing.Count.ShouldBe(4);
    }

    /// <summary>They go in one message, which has its length; what differs behind the cut is told all the same.</summary>
    [Fact]
    public void LongValues_AreCutWithASum()
    {
        string[] manifests = [.. Enumerable.Range(0, 2_000).Select(i => $"/etc/userproxy/manifests-of-a-long-name/{i}.yaml")];
        var before = Before with { Manifests = [.. manifests] };

        Encoding.UTF8.GetByteCount(string.Join('\n', TakeoverSettings.LinesOf(before))).ShouldBeLessThan(32 * 1024);
        Between(before, before with { Takeover = TakeoverChoice.Wait }).ShouldBeEmpty();
        Between(before, before with { Manifests = [.. manifests[..^1], "/etc/last.yaml"] }).ShouldHaveSingleItem()
            .ShouldMatch(@"^--manifests \(was /etc/[^ ]+\.\.\. \(\d+ characters, [0-9a-f]{16}\), is /etc/[^ ]+\.\.\. \(\d+ characters, ");
        TakeoverSettings.Differing([$"--manifests={string.Join(',', manifests)}"], TakeoverSettings.LinesOf(before)).ShouldBeEmpty();
    }

    /// <summary>A process of an earlier version tells none, and one of another version may have others.</summary>
    [Fact]
    public void OfAnotherVersion_OnlyWhatBothKnow()
    {
        TakeoverSettings.Differing([], ["--threads=4"]).ShouldBeEmpty();
        TakeoverSettings.SourceOf([]).ShouldBe(TakeoverSettings.Unknown);
        TakeoverSettings.SourceOf(["--manifests=/a.yaml,/b", "--kubeconfig="]).ShouldBe("/a.yaml,/b");
        TakeoverSettings.SourceOf(["--manifests=", "--kubeconfig=/k"]).ShouldBe("the cluster of /k");
        TakeoverSettings.SourceOf(["--manifests=", "--kubeconfig="]).ShouldBe("the cluster of KUBECONFIG or of its Pod");
        TakeoverSettings.Differing(["--later=1", "--threads=2"], ["--threads=4", "--node-name=a"]).ShouldBe(["--threads (was 2, is 4)"]);
    }

    private static IReadOnlyList<string> Between(RunOptions before, RunOptions after) =>
        TakeoverSettings.Differing(TakeoverSettings.LinesOf(before), TakeoverSettings.LinesOf(after));
}
