
using UserProxy.FunctionalTests.Support;
using UserProxy.Linux.PortInspection;

namespace UserProxy.Linux.Tests.PortInspection;

public sealed class KubeProxyRulesTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("userproxy-rules-");

    [Theory]
    [InlineData(":KUBE-SERVICES - [0:0]", 1, 0)]
    [InlineData("\tchain KUBE-SVC-ABC234 {", 1, 0)]
    [InlineData("table ip6 kube-proxy {", 0, 1)]
    [InlineData(":KUBE-KUBELET-CANARY - [0:0]", 0, 0)] // the kubelet's, with any proxy
    [InlineData(":KUBE-PROXY-CANARY - [0:0]", 0, 0)] // empty, and left by an older kube-proxy --cleanup
    [InlineData(":KUBE-PROXY-FIREWALL - [0:0]", 0, 0)] // unlinked by it, and left as well
    [InlineData("-A PREROUTING -j KUBE-SERVICES", 0, 0)]
    [InlineData("table inet kube-proxy-of-mine {", 0, 0)]
    [InlineData("chain MY-KUBE-SERVICES {", 0, 0)]
    public async Task Read_OneLine_Counts(string line, int chains, int tables)
    {
        var rules = await ReadAsync("sh", "-c", $"echo '{line}'");

        (rules.Chains, rules.Tables).ShouldBe((chains, tables));
        rules.Any.ShouldBe(chains + tables > 0);
    }

    [Fact]
    public async Task Read_BothFamiliesOfAChain_CountOnce()
    {
        var rules = await ReadAsync("printf", ":KUBE-SERVICES - [0:0]\\n\\tchain KUBE-SERVICES {\\n:KUBE-NODEPORTS - [0:0]\\n");

        rules.Chains.ShouldBe(2);
    }

    [Fact]
    public async Task Read_IpvsMode_HasAnInterfaceAndServers()
    {
        Directory.CreateDirectory(Path.Combine(_folder.FullName, KubeProxyRules.IpvsInterface));
        await File.WriteAllTextAsync(
            Path.Combine(_folder.FullName, "ip_vs"),
            "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n  -> RemoteAddress:Port\nTCP  0A600001:01BB rr\n  -> "
                + "0A000001:192B      Masq    1\nUDP  0A60000A:0035 rr\n",
            TestContext.Current.CancellationToken);

        var rules = await ReadAsync("true");

        rules.HasIpvsInterface.ShouldBeTrue();
        rules.VirtualServers.ShouldBe(2);
        rules.Any.ShouldBeTrue();
    }

    [Fact]
    public async Task Read_ToolMayNotList_SaysSo()
    {
        var rules = await ReadAsync("sh", "-c", "echo 'Operation not permitted (you must be root)' >&2; exit 1");

        rules.Any.ShouldBeFalse();
        rules.Unseen.ShouldBe(["netfilter rules: listing them needs root"]);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private Task<KubeProxyRules> ReadAsync(params string[] tool) =>
        KubeProxyRules.ReadAsync(Eventually.Patience, _folder.FullName, _folder.FullName, [tool], TestContext.Current.CancellationToken);
}
