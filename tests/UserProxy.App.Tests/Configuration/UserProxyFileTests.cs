using System.Net;
using UserProxy.App.Configuration;
using UserProxy.Model;

namespace UserProxy.App.Tests.Configuration;

public sealed class UserProxyFileTests
{
    private const string Head = "apiVersion: userproxy.io/v1alpha1\nkind: UserProxyConfiguration\n";

    /// <summary>
    /// The example is installed and then edited (docs/systemd.md): a value that is no default would be one that nobody chose, on a node that it does not fit.
    /// </summary>
    [Fact]
    public void Example_BesideItsManifests_SetsTheDefaults()
    {
        var defaults = new RunOptions { Manifests = ["/etc/userproxy/services"], AdminSocket = "/run/userproxy/admin.sock" };
        var file = ConfigurationFile.Read(Path.Combine(Repository.Root, "docs", "examples", "configuration", "userproxy.yaml"));

        RunOptionsReader.Apply(defaults, file.Values, file.Problems).ShouldBe(defaults);
    }

    [Fact]
    public void Parse_EveryField_IsApplied()
    {
        var options = Apply(Head + """
            manifests: [/etc/a.yaml, /etc/b]
            nodeName: Node-7
            nodePortAddresses: [10.0.0.0/8, "fd00::/8"]
            transport: sockets
            threads: 5
            adminSocket: /run/x.sock
            drainTimeout: 1m30s
            logFormat: json
            logLevel: debug
            accessLog: 100
            allowLoopbackEndpoints: false
            serveLabel: mine
            kubeconfig: /etc/kubeconfig
            clusterIps: "on"
            loadBalancerIps: true
            externalIps: [198.51.100.0/24]
            allowUnguarded: true
            clusterCidr: 10.244.0.0/16
            healthzBindAddress: "off"
            bindAddressHardFail: true
            minSyncPeriod: 100ms
            configSyncPeriod: 1h
            defaults:
              scheduler: lc
              connectTimeout: 250ms
              connectAttempts: 2
              idleTimeout: 10m
              halfCloseTimeout: 5s
              udpIdleTimeout: 20s
              udpResponses: 1
              maxConnections: 100
              maxConnectionsPerClient: 10
              noLocalAction: reject
              clientAddress: keep
              proxyProtocol: v2
              proxyV2Options: service-name, crc32c
              acceptProxyProtocol: 10.0.0.5/32,fd00::/8
              drain: 15s
            """);

        options.Manifests.ShouldBe(["/etc/a.yaml", "/etc/b"]);
        options.NodeName.ShouldBe("node-7");
        options.NodePortAddresses.ToString().ShouldBe("10.0.0.0/8,fd00::/8");
        options.Transport.ShouldBe(TransportChoice.Sockets);
        options.Threads.ShouldBe(5);
        options.AdminSocket.ShouldBe("/run/x.sock");
        options.DrainTimeout.ShouldBe(TimeSpan.FromSeconds(90));
        options.LogFormat.ShouldBe(LogFormat.Json);
        options.AccessLog.ShouldBe(100);
        options.DialsLoopback.ShouldBeFalse();
        options.ServeLabel.ShouldBe("mine");
        options.Kubeconfig.ShouldBe("/etc/kubeconfig");
        options.ClusterIPs.ShouldBe(ClusterIPsChoice.On);
        options.LoadBalancerIPs.ShouldBeTrue();
        options.ExternalIPs.ShouldHaveSingleItem().ToString().ShouldBe("198.51.100.0/24");
        options.AllowUnguarded.ShouldBeTrue();
        options.ClusterCidrs.ShouldHaveSingleItem().ToString().ShouldBe("10.244.0.0/16");
        options.HealthzBindAddress.ShouldBeNull();
        options.BindAddressHardFail.ShouldBeTrue();
        options.MinSyncPeriod.ShouldBe(TimeSpan.FromMilliseconds(100));
        options.ConfigSyncPeriod.ShouldBe(TimeSpan.FromHours(1));
        options.Defaults.ShouldBe(new ServiceSettings
        {
            Scheduler = SchedulerKind.LeastConnection,
            ConnectTimeout = TimeSpan.FromMilliseconds(250),
            ConnectAttempts = 2,
            IdleTimeout = TimeSpan.FromMinutes(10),
            HalfCloseTimeout = TimeSpan.FromSeconds(5),
            UdpIdleTimeout = TimeSpan.FromSeconds(20),
            UdpResponses = 1,
            MaxConnections = 100,
            MaxConnectionsPerClient = 10,
            NoLocalAction = NoLocalAction.Reject,
            ClientAddress = ClientAddressUse.Keep,
            ProxyProtocol = ProxyProtocolVersion.V2,
            ProxyV2Options = ProxyV2Options.Crc32c | ProxyV2Options.ServiceName,
            AcceptProxyProtocol = [new CidrBlock(IPAddress.Parse("10.0.0.5"), 32), new CidrBlock(IPAddress.Parse("fd00::"), 8)],
            Drain = new DrainPolicy(TimeSpan.FromSeconds(15)),
        });
    }

    [Fact]
    public void Parse_NullAndCommaLists_AreTakenAsKubernetesDoes()
    {
        var options = Apply(Head + "nodePortAddresses: 10.0.0.0/8,192.168.0.0/16\nserveLabel:\nlogLevel: ~\n");

        options.NodePortAddresses.ToString().ShouldBe("10.0.0.0/8,192.168.0.0/16");
        options.ServeLabel.ShouldBeNull();
    }

    [Fact]
    public void Parse_SchedulerInBothPlaces_TheOuterWins() =>
        Apply(Head + "scheduler: sh\ndefaults: {scheduler: lc}\n").Defaults.Scheduler.ShouldBe(SchedulerKind.SourceHash);

    [Theory]
    [InlineData("drainTimout: 5s\n", "c.yaml:3: drainTimout: unknown field; did you mean drainTimeout?")]
    [InlineData("threads: 1\ndefaults:\n  conectTimeout: 1s\n", "c.yaml:5: defaults.conectTimeout: unknown field; did you mean defaults.connectTimeout?")]
    [InlineData("connectTimeout: 1s\n", "c.yaml:3: connectTimeout: unknown field; did you mean defaults.connectTimeout?")]
    [InlineData("Threads: 1\n", "c.yaml:3: Threads: unknown field; did you mean threads?")]
    [InlineData("drainTimeout: [5s]\n", "c.yaml:3: drainTimeout: expected a single value")]
    [InlineData("manifests: {a: b}\n", "c.yaml:3: manifests: expected a value or a list of values")]
    [InlineData("defaults: lc\n", "c.yaml:3: defaults: expected a mapping of settings")]
    [InlineData("defaults: {drain: [1s]}\n", "c.yaml:3: defaults.drain: expected a single value")]
    [InlineData("drainTimeout: 5\n", "c.yaml:3: drainTimeout: '5' is not allowed here; expected a duration")]
    [InlineData("defaults:\n  connectAttempts: 11\n", "c.yaml:4: defaults.connectAttempts: '11' is not allowed here; expected a whole number from 1 to 10")]
    [InlineData("defaults:\n  connectTimeout: 0s\n", "c.yaml:4: defaults.connectTimeout: '0s'")]
    [InlineData("defaults:\n  udpIdleTimeout: 0s\n", "c.yaml:4: defaults.udpIdleTimeout: '0s' is not allowed here; expected a duration from 1ms")]
    [InlineData("defaults:\n  udpIdleTimeout: 60\n", "c.yaml:4: defaults.udpIdleTimeout: '60' is not allowed here; expected a duration such as")]
    [InlineData(
        "defaults:\n  udpResponses: 1000001\n", "c.yaml:4: defaults.udpResponses: '1000001' is not allowed here; expected a whole number from 0 to 1000000")]
    [InlineData("defaults:\n  udpResponses: -1\n", "c.yaml:4: defaults.udpResponses: '-1'")]
    [InlineData("defaults:\n  maxConnections: -1\n", "c.yaml:4: defaults.maxConnections: '-1'")]
    [InlineData("defaults:\n  noLocalAction: ignore\n", "c.yaml:4: defaults.noLocalAction: 'ignore' is not allowed here; expected drop or reject")]
    [InlineData("defaults:\n  proxyProtocol: v3\n", "c.yaml:4: defaults.proxyProtocol: 'v3' is not allowed here; expected v1, v2 or none")]
    [InlineData("defaults:\n  proxyV2Options: crc32\n", "c.yaml:4: defaults.proxyV2Options: 'crc32' is not allowed here; expected crc32c, service-name")]
    [InlineData("defaults:\n  acceptProxyProtocol: 10.0.0.5\n", "c.yaml:4: defaults.acceptProxyProtocol: '10.0.0.5' is not allowed here; expected blocks")]
    [InlineData("threads: 1\nthreads: 2\n", "c.yaml:4: ")]
    [InlineData("threads: [1\n", "c.yaml:")]
    [InlineData("---\na: b\n", "one document")]
    public void Parse_BadFile_SaysLineAndReason(string text, string problem) =>
        Should.Throw<ConfigurationException>(() => Apply(Head + text)).Problems.ShouldContain(p => p.Contains(problem));

    [Theory]
    [InlineData("", "c.yaml:1: expected a YAML mapping")]
    [InlineData("- a\n", "c.yaml:1: expected a YAML mapping")]
    [InlineData("kind: UserProxyConfiguration\n", "is no configuration; expected userproxy.io/v1alpha1 UserProxyConfiguration")]
    [InlineData("apiVersion: userproxy.io/v2\nkind: UserProxyConfiguration\n", "userproxy.io/v2")]
    public void Parse_NoConfiguration_SaysWhatIsExpected(string text, string problem) =>
        Should.Throw<ConfigurationException>(() => Apply(text)).Problems.ShouldContain(p => p.Contains(problem));

    [Fact]
    public void Parse_TwoMistakes_NamesBoth() => Should.Throw<ConfigurationException>(() => Apply(Head + "a: 1\nthreads: 0\n")).Problems.Count.ShouldBe(2);

    private static RunOptions Apply(string text)
    {
        var file = ConfigurationFile.Parse("c.yaml", text);
        return RunOptionsReader.Apply(new RunOptions(), file.Values, file.Problems);
    }
}
