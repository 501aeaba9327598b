using System.Net;
using Microsoft.Extensions.Logging;
using UserProxy.App.Configuration;
using UserProxy.Model;

namespace UserProxy.App.Tests.Configuration;

public sealed class RunOptionsReaderTests
{
    private const string File = """
        apiVersion: userproxy.io/v1alpha1
        kind: UserProxyConfiguration
        drainTimeout: 11s
        threads: 3
        nodeName: from-file
        """;

    [Fact]
    public void Read_Nothing_GivesTheDefaults()
    {
        var options = Read(new Cli());

        options.NodeName.ShouldBe("host-of-test");
        options.DrainTimeout.ShouldBe(TimeSpan.FromSeconds(30));
        options.Threads.ShouldBe(Environment.ProcessorCount);
        options.Transport.ShouldBe(TransportChoice.Auto);
        options.LogLevel.ShouldBe(LogLevel.Information);
        options.DialsLoopback.ShouldBeFalse("without manifests it is the API, where tenants write");
        options.ClusterIPs.ShouldBe(ClusterIPsChoice.Auto);
        options.LoadBalancerIPs.ShouldBeFalse();
        options.ExternalIPs.ShouldBeEmpty();
        options.HealthzBindAddress.ShouldBe(new IPEndPoint(IPAddress.Any, 10256));
        options.MetricsBindAddress.ShouldBe(new IPEndPoint(IPAddress.Loopback, 10249));
        options.ServeLabel.ShouldBeNull();
        options.Defaults.ShouldBe(ServiceSettings.Default);
    }

    [Fact]
    public void Read_StateDir_AndTheAgeOfASnapshot()
    {
        var options = Read(new Cli().With("USERPROXY_SNAPSHOT_MAX_AGE", "90m"), ("--state-dir", ["/var/lib/userproxy"]));

        (options.StateDir, options.SnapshotMaxAge).ShouldBe(("/var/lib/userproxy", TimeSpan.FromMinutes(90)));
        (Read(new Cli()).StateDir, Read(new Cli()).SnapshotMaxAge).ShouldBe((null, TimeSpan.FromHours(1)));
    }

    [Fact]
    public void Read_AllFourPlaces_TheNearerWins()
    {
        using var folder = new TempFolder();
        string file = folder.Write("c.yaml", File);

        var options = Read(
            new Cli().With("USERPROXY_DRAIN_TIMEOUT", "22s").With("USERPROXY_NODE_NAME", "from-variable"), ("--config", [file]), ("--drain-timeout", ["33s"]));

        options.DrainTimeout.ShouldBe(TimeSpan.FromSeconds(33), "the command line wins");
        options.NodeName.ShouldBe("from-variable", "then the environment");
        options.Threads.ShouldBe(3, "then the file");
        options.LogFormat.ShouldBe(LogFormat.Text, "then the default");
    }

    [Fact]
    public void Read_ManifestsAndKubeconfig_ExcludeEachOther()
    {
        using var folder = new TempFolder();
        string file = folder.Write("a.yaml", "");

        Should.Throw<ConfigurationException>(() => Read(new Cli(), ("--manifests", [file]), ("--kubeconfig", [file])))
            .Problems.ShouldHaveSingleItem().ShouldContain("exclude each other");
    }

    [Fact]
    public void Read_KubeconfigThatIsNotThere_IsSaid() =>
        Should.Throw<ConfigurationException>(
            () => Read(new Cli(), ("--kubeconfig", ["/nowhere/config"]))).Problems.ShouldBe(["kubeconfig: no file /nowhere/config"]);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Read_KubeconfigOfAKubeProxyFile_YieldsToManifests(bool manifests)
    {
        using var folder = new TempFolder();
        string kubeconfig = folder.Write("kubeconfig.conf", "");
        string manifest = folder.Write("a.yaml", "");
        string config = folder.Write("config.conf", $$"""
            apiVersion: kubeproxy.config.k8s.io/v1alpha1
            kind: KubeProxyConfiguration
            clientConnection: {kubeconfig: {{kubeconfig}}}
            """);

        var options = manifests ? Read(new Cli(), ("--config", [config]), ("--manifests", [manifest])) : Read(new Cli(), ("--config", [config]));

        options.Kubeconfig.ShouldBe(manifests ? null : kubeconfig);
        options.DialsLoopback.ShouldBe(manifests);
    }

    [Theory]
    [InlineData("127.0.0.1:1234", "127.0.0.1:1234")]
    [InlineData("127.0.0.1", "127.0.0.1:10256")]
    [InlineData("[::1]:1234", "[::1]:1234")]
    [InlineData("::1", "[::1]:10256")]
    [InlineData(":1234", "0.0.0.0:1234")]
    [InlineData("off", null)]
    public void Read_BindAddress_IsUnderstood(string text, string? expected) =>
        Read(new Cli(), ("--healthz-bind-address", [text])).HealthzBindAddress?.ToString().ShouldBe(expected);

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1:10249")]
    [InlineData("0.0.0.0:1", "0.0.0.0:1")]
    [InlineData("", null)]
    [InlineData("0", null)]
    [InlineData("off", null)]
    public void Read_MetricsBindAddress_IsUnderstood(string text, string? expected) =>
        Read(new Cli(), ("--metrics-bind-address", [text])).MetricsBindAddress?.ToString().ShouldBe(expected);

    [Theory]
    [InlineData("10256")]
    [InlineData("127.0.0.1:0")]
    [InlineData("127.0.0.1:70000")]
    [InlineData("localhost:1")]
    [InlineData("::1:1234x")]
    public void Read_BadBindAddress_IsSaid(string text) =>
        Should.Throw<ConfigurationException>(
            () => Read(new Cli(), ("--healthz-bind-address", [text]))).Problems.ShouldHaveSingleItem().ShouldContain("--healthz-bind-address");

    [Fact]
    public void Read_ConfigByVariable_IsRead()
    {
        using var folder = new TempFolder();

        Read(new Cli().With("USERPROXY_CONFIG", folder.Write("c.yaml", File))).Threads.ShouldBe(3);
    }

    [Theory]
    [InlineData("Node-A", "node-a")]
    [InlineData("", "host-of-test")]
    public void Read_NodeName_ComesFromTheDownwardApiElseTheHost(string variable, string expected) =>
        Read(new Cli().With("NODE_NAME", variable)).NodeName.ShouldBe(expected);

    [Fact]
    public void Read_NodeNameOfTheFile_WinsOverTheDownwardApi()
    {
        using var folder = new TempFolder();

        Read(new Cli().With("NODE_NAME", "downward"), ("--config", [folder.Write("c.yaml", File)])).NodeName.ShouldBe("from-file");
    }

    [Fact]
    public void Read_SwitchWithoutValue_IsTrue() => Read(new Cli(), ("--bind-address-hard-fail", [])).BindAddressHardFail.ShouldBeTrue();

    [Fact]
    public void Read_SwitchSetFalse_OverridesTheVariable() =>
        Read(new Cli().With("USERPROXY_BIND_ADDRESS_HARD_FAIL", "true"), ("--bind-address-hard-fail", ["false"])).BindAddressHardFail.ShouldBeFalse();

    [Theory]
    [InlineData(null, 1)]
    [InlineData("true", 1)]
    [InlineData("on", 1)]
    [InlineData("1", 1)]
    [InlineData("100", 100)]
    [InlineData("1000000", 1_000_000)]
    [InlineData("0", 0)]
    [InlineData("false", 0)]
    [InlineData("No", 0)]
    public void Read_AccessLog_IsEachOneInSoManyOrNone(string? value, int expected) =>
        Read(new Cli(), ("--access-log", value is null ? [] : [value])).AccessLog.ShouldBe(expected);

    [Fact]
    public void Read_AccessLog_IsOffByDefault() => Read(new Cli()).AccessLog.ShouldBe(0);

    [Fact]
    public void Read_ManifestsVariable_IsAList()
    {
        using var folder = new TempFolder();
        string a = folder.Write("a.yaml", ""), b = folder.Write("b.yaml", "");

        Read(new Cli().With("USERPROXY_MANIFESTS", $"{a}, {b}")).Manifests.ShouldBe([a, b]);
    }

    [Fact]
    public void Read_AdminSocket_IsUnderRunForRootElseUnderTheRuntimeFolder()
    {
        var cli = new Cli().With("XDG_RUNTIME_DIR", "/run/user/7");

        Read(cli).AdminSocket.ShouldBe("/run/user/7/userproxy/admin.sock");
        RunOptionsReader.Read(
            new Dictionary<string, IReadOnlyList<string>>(), cli.Surroundings with { IsRoot = true }).Options.AdminSocket.ShouldBe("/run/userproxy/admin.sock");
        Read(new Cli()).AdminSocket.ShouldStartWith(Path.GetTempPath());
    }

    private static RunOptions Read(Cli cli, params (string Flag, string[] Values)[] flags) =>
        RunOptionsReader.Read(flags.ToDictionary(flag => flag.Flag, IReadOnlyList<string> (flag) => flag.Values), cli.Surroundings).Options;
}
