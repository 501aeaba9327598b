using System.Net;
using UserProxy.App.Snapshots;
using UserProxy.Kubernetes.Building;
using UserProxy.Model;

namespace UserProxy.App.Tests.Snapshots;

/// <summary>A snapshot is served to nobody but a run that would have made the same table.</summary>
public sealed class SnapshotIdentityTests
{
    private static readonly BuildOptions Usual = new() { NodeName = "node-1" };

    /// <summary>What the builder learns to heed must be heeded here: each property has another value than the usual.</summary>
    private static readonly Dictionary<string, BuildOptions> Others = new()
    {
        [nameof(BuildOptions.NodeName)] = Usual with { NodeName = "node-2" },
        [nameof(BuildOptions.NodePortAddresses)] = Usual with { NodePortAddresses = Addresses("10.0.0.0/8") },
        [nameof(BuildOptions.Defaults)] = Usual with { Defaults = ServiceSettings.Default with { ConnectAttempts = 5 } },
        [nameof(BuildOptions.ServeLabel)] = Usual with { ServeLabel = "mine" },
        [nameof(BuildOptions.ClusterIPs)] = Usual with { ClusterIPs = true },
        [nameof(BuildOptions.LoadBalancerIPs)] = Usual with { LoadBalancerIPs = true },
        [nameof(BuildOptions.ExternalIPs)] = Usual with { ExternalIPs = [Block()] },
        [nameof(BuildOptions.ClusterCidrs)] = Usual with { ClusterCidrs = [Block()] },
    };

    public static TheoryData<string> Names => [.. Others.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void DifferenceFrom_OtherSetting_IsSaid(string name) => Of(Others[name]).DifferenceFrom(Of(Usual)).ShouldNotBeNull();

    [Fact]
    public void Others_HaveEverySetting() => Others.Keys.ShouldBe(
        // Read again by the source: a listener at an address that the node has lost fails and says so.
        AnyModel.Settable(typeof(BuildOptions)).Select(property => property.Name).Except(
            // That is a word for people: what is served is the same.
            [nameof(BuildOptions.LocalAddresses), nameof(BuildOptions.ClusterIPsOffBecause)]), ignoreOrder: true);

    [Fact]
    public void DifferenceFrom_TheSame_IsNone() => Of(Usual with { LocalAddresses = [IPAddress.Loopback] }).DifferenceFrom(Of(Usual)).ShouldBeNull();

    [Fact]
    public void DifferenceFrom_OtherNode_NamesBoth() => Of(Others[nameof(BuildOptions.NodeName)]).DifferenceFrom(Of(Usual)).ShouldBe(
        "it was made with node node-2, and now it is node-1");

    [Fact]
    public void DifferenceFrom_OtherKindOfSource_NamesBoth() =>
        SnapshotIdentity.Of(Usual, "manifests /etc/a").DifferenceFrom(SnapshotIdentity.Of(Usual, "API server https://a")).ShouldBe(
            "it was made with source manifests /etc/a, and now it is API server https://a");

    private static SnapshotIdentity Of(BuildOptions options) => SnapshotIdentity.Of(options, "API server https://192.0.2.10:6443/");

    private static NodePortAddresses Addresses(string text)
    {
        NodePortAddresses.TryParse([text], out var addresses, out _).ShouldBeTrue();
        return addresses!;
    }

    private static CidrBlock Block()
    {
        CidrBlock.TryParse("192.0.2.0/24", out var block).ShouldBeTrue();
        return block;
    }
}
