using UserProxy.App.Configuration;
using UserProxy.Model;

namespace UserProxy.App.Tests.Configuration;

public sealed class KubeProxyFileTests
{
    // As kubeadm writes it into the ConfigMap kube-proxy: every field there is, most of them zero.
    private const string Kubeadm = """
        apiVersion: kubeproxy.config.k8s.io/v1alpha1
        bindAddress: 0.0.0.0
        bindAddressHardFail: false
        clientConnection:
          acceptContentTypes: ""
          burst: 0
          contentType: ""
          kubeconfig: /var/lib/kube-proxy/kubeconfig.conf
          qps: 0
        clusterCIDR: 10.244.0.0/16
        configSyncPeriod: 0s
        conntrack:
          maxPerCore: null
          min: null
          tcpBeLiberal: false
          tcpCloseWaitTimeout: null
          tcpEstablishedTimeout: null
        detectLocal:
          bridgeInterface: ""
          interfaceNamePrefix: ""
        detectLocalMode: ""
        enableProfiling: false
        healthzBindAddress: ""
        hostnameOverride: ""
        iptables:
          localhostNodePorts: null
          masqueradeAll: false
          masqueradeBit: null
          minSyncPeriod: 0s
          syncPeriod: 0s
        ipvs:
          excludeCIDRs: null
          minSyncPeriod: 0s
          scheduler: ""
          strictARP: false
          syncPeriod: 0s
          tcpFinTimeout: 0s
          tcpTimeout: 0s
          udpTimeout: 0s
        kind: KubeProxyConfiguration
        logging:
          flushFrequency: 0
          options:
            json:
              infoBufferSize: "0"
            text:
              infoBufferSize: "0"
          verbosity: 0
        metricsBindAddress: ""
        mode: ""
        nodePortAddresses: null
        oomScoreAdj: null
        portRange: ""
        showHiddenMetricsForVersion: ""
        udpIdleTimeout: 0s
        winkernel:
          enableDSR: false
          forwardHealthCheckVip: false
          networkName: ""
          rootHnsEndpointName: ""
          sourceVip: ""

        """;

    [Fact]
    public void Parse_WhatKubeadmWrote_WorksUnchanged()
    {
        var file = ConfigurationFile.Parse("config.conf", Kubeadm);

        file.Problems.ShouldBeEmpty();
        file.Ignored.ShouldBe(["bindAddress"]);
        var options = RunOptionsReader.Apply(new RunOptions(), file.Values, file.Problems);
        options.KubeProxyKubeconfig.ShouldBe("/var/lib/kube-proxy/kubeconfig.conf");
        options.ClusterCidrs.ShouldHaveSingleItem().ToString().ShouldBe("10.244.0.0/16");
        options.Defaults.ShouldBe(ServiceSettings.Default);
        options.HealthzBindAddress.ShouldBe(new RunOptions().HealthzBindAddress, "an empty field means the default");
        options.MetricsBindAddress.ShouldBe(new RunOptions().MetricsBindAddress);
    }

    [Fact]
    public void Parse_HonouredFields_AreApplied()
    {
        string text = Kubeadm
            .Replace("hostnameOverride: \"\"", "hostnameOverride: Node-3", StringComparison.Ordinal)
            .Replace("nodePortAddresses: null", "nodePortAddresses: [10.0.0.0/8]", StringComparison.Ordinal)
            .Replace("configSyncPeriod: 0s", "configSyncPeriod: 15m", StringComparison.Ordinal)
            .Replace("minSyncPeriod: 0s", "minSyncPeriod: 1s", StringComparison.Ordinal)
            .Replace("healthzBindAddress: \"\"", "healthzBindAddress: 127.0.0.1:1", StringComparison.Ordinal)
            .Replace("metricsBindAddress: \"\"", "metricsBindAddress: 0.0.0.0:10249", StringComparison.Ordinal)
            .Replace("bindAddressHardFail: false", "bindAddressHardFail: true", StringComparison.Ordinal)
            .Replace("clusterCIDR: 10.244.0.0/16", "clusterCIDR: 10.244.0.0/16,fd00::/8", StringComparison.Ordinal)
            .Replace("udpIdleTimeout: 0s", "udpIdleTimeout: 10s", StringComparison.Ordinal)
            .Replace("scheduler: \"\"", "scheduler: wlc", StringComparison.Ordinal);
        var file = ConfigurationFile.Parse("config.conf", text);

        var options = RunOptionsReader.Apply(new RunOptions(), file.Values, file.Problems);

        options.NodeName.ShouldBe("node-3");
        options.NodePortAddresses.ToString().ShouldBe("10.0.0.0/8");
        options.HealthzBindAddress!.ToString().ShouldBe("127.0.0.1:1");
        options.MetricsBindAddress!.ToString().ShouldBe("0.0.0.0:10249");
        options.BindAddressHardFail.ShouldBeTrue();
        options.ConfigSyncPeriod.ShouldBe(TimeSpan.FromMinutes(15));
        options.MinSyncPeriod.ShouldBe(TimeSpan.FromSeconds(1));
        options.ClusterCidrs.Count.ShouldBe(2);
        options.Defaults.ShouldBe(new ServiceSettings { Scheduler = SchedulerKind.WeightedLeastConnection, UdpIdleTimeout = TimeSpan.FromSeconds(10) });
    }

    [Theory]
    [InlineData("0s", 60, "")]
    [InlineData("250ms", 60, "udpIdleTimeout")] // what every old file says
    [InlineData("999ms", 60, "udpIdleTimeout")]
    [InlineData("1s", 1, "")]
    public void Parse_UdpIdleTimeout_IsHonouredFromOneSecondOn(string text, int seconds, string ignored)
    {
        var file = ConfigurationFile.Parse("config.conf", Kubeadm.Replace("bindAddress: 0.0.0.0\n", "", StringComparison.Ordinal).Replace("udpIdleTimeout: 0s", $"udpIdleTimeout: {text}", StringComparison.Ordinal));

        string.Join(", ", file.Ignored).ShouldBe(ignored);
        RunOptionsReader.Apply(new RunOptions(), file.Values, file.Problems).Defaults.UdpIdleTimeout.ShouldBe(TimeSpan.FromSeconds(seconds));
    }

    [Fact]
    public void Parse_BindAddressZero_MeansNowhere()
    {
        var file = ConfigurationFile.Parse(
            "config.conf", "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmetricsBindAddress: \"0\"\nhealthzBindAddress: \"0\"\n");

        var options = RunOptionsReader.Apply(new RunOptions(), file.Values, file.Problems);

        options.MetricsBindAddress.ShouldBeNull();
        options.HealthzBindAddress.ShouldBeNull();
    }

    [Theory]
    [InlineData("mode: ipvs\nipvs: {scheduler: lblc, strictARP: true}\n", "mode, ipvs.scheduler, ipvs.strictARP")]
    [InlineData("iptables: {localhostNodePorts: false, masqueradeAll: true}\n", "iptables.localhostNodePorts, iptables.masqueradeAll")]
    [InlineData("fieldOfTheFuture: 7\nfeatureGates: {A: true}\n", "fieldOfTheFuture, featureGates.A")]
    public void Parse_WithoutMeaningHere_IsNamedNotRefused(string text, string ignored)
    {
        var file = ConfigurationFile.Parse("config.conf", $"apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n{text}");

        string.Join(", ", file.Ignored).ShouldBe(ignored);
        file.Problems.ShouldBeEmpty();
    }

    /// <summary>kubeadm writes every field there is: one that the table does not know is one that its readers would look for in vain.</summary>
    [Fact]
    public void Fields_OfKubeadm_AreAllKnown()
    {
        var names = ConfigurationFile.Parse("config.conf", Kubeadm.Replace(": null", ": x", StringComparison.Ordinal).Replace(": 0s", ": 1h", StringComparison.Ordinal).Replace(": \"\"", ": x", StringComparison.Ordinal)).Fates;

        names.Count.ShouldBeGreaterThan(35);
        names.Where(fate => KubeProxyFields.Of(fate.Name).Why == "not known here").ShouldBeEmpty();
        names.ShouldAllBe(fate => fate.Why.Length > 0);
    }

    [Theory]
    [InlineData("nodePortAddresses", "[ten]")]
    [InlineData("udpIdleTimeout", "10")]
    [InlineData("udpIdleTimeout", "-1s")]
    public void Parse_HonouredFieldWithABadValue_IsAnErrorWithItsLine(string field, string value)
    {
        var file = ConfigurationFile.Parse("config.conf", $"apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n{field}: {value}\n");

        Should.Throw<ConfigurationException>(() => RunOptionsReader.Apply(new RunOptions(), file.Values, file.Problems))
            .Problems.ShouldHaveSingleItem().ShouldStartWith($"config.conf:3: {field}: ");
    }
}
