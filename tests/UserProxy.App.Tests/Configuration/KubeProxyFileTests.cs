using UserProxy.App.Configuration;
using UserProxy.Model;

namespace UserProxy.App.Tests.Configuration;

public sealed class KubeProxyFileTests
{
    private const string Header = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n";

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
        file.Ignored.ShouldBeEmpty();
        var options = RunOptionsReader.Apply(new RunOptions(), file.Values, file.Problems);
        options.KubeProxyKubeconfig.ShouldBe("/var/lib/kube-proxy/kubeconfig.conf");
        options.ClusterCidrs.ShouldHaveSingleItem().ToString().ShouldBe("10.244.0.0/16");
        options.Defaults.ShouldBe(
            ServiceSettings.Default with { IdleTimeout = TimeSpan.FromHours(24), HalfCloseTimeout = TimeSpan.FromHours(1) }, "kube-proxy's own defaults");
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
            .Replace("udpIdleTimeout: 0s", "udpIdleTimeout: 10s", StringComparison.Ordinal);
        var file = ConfigurationFile.Parse("config.conf", text);

        var options = RunOptionsReader.Apply(new RunOptions(), file.Values, file.Problems);

        options.NodeName.ShouldBe("node-3");
        options.NodePortAddresses.ToString().ShouldBe("10.0.0.0/8");
        options.HealthzBindAddress!.ToString().ShouldBe("127.0.0.1:1");
        options.MetricsBindAddress!.ToString().ShouldBe("0.0.0.0:10249");
        options.BindAddressHardFail.ShouldBeTrue();
        options.ConfigSyncPeriod.ShouldBeNull("kube-proxy asks nobody then");
        options.MinSyncPeriod.ShouldBe(TimeSpan.FromSeconds(1));
        options.ClusterCidrs.Count.ShouldBe(2);
        options.Defaults.UdpIdleTimeout.ShouldBe(TimeSpan.FromSeconds(10));
    }

    [Theory]
    [InlineData("0s", 60, "")]
    [InlineData("250ms", 60, "udpIdleTimeout")] // what every old file says
    [InlineData("999ms", 60, "udpIdleTimeout")]
    [InlineData("1s", 1, "")]
    public void Parse_UdpIdleTimeout_IsHonouredFromOneSecondOn(string text, int seconds, string ignored)
    {
        var file = ConfigurationFile.Parse("config.conf", Kubeadm.Replace("udpIdleTimeout: 0s", $"udpIdleTimeout: {text}", StringComparison.Ordinal));

        string.Join(", ", file.Ignored).ShouldBe(ignored);
        RunOptionsReader.Apply(new RunOptions(), file.Values, file.Problems).Defaults.UdpIdleTimeout.ShouldBe(TimeSpan.FromSeconds(seconds));
    }

    [Fact]
    public void Parse_BindAddressZero_MeansNowhere()
    {
        var file = ConfigurationFile.Parse(
            "config.conf",
            "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmetricsBindAddress: \"0\"\nhealthzBindAddress: \"0\"\n");

        var options = RunOptionsReader.Apply(new RunOptions(), file.Values, file.Problems);

        options.MetricsBindAddress.ShouldBeNull();
        options.HealthzBindAddress.ShouldBeNull();
    }

    /// <summary>A file has the sections of all modes, as its author left them; kube-proxy reads that of its mode.</summary>
    [Theory]
    [InlineData("", 1, SchedulerKind.RoundRobin, 24 * 60, 60, 60)]
    [InlineData("mode: iptables", 1, SchedulerKind.RoundRobin, 24 * 60, 60, 60)]
    [InlineData("mode: nftables", 3, SchedulerKind.RoundRobin, 24 * 60, 60, 60)]
    [InlineData("mode: ipvs", 2, SchedulerKind.SourceHash, 15, 2, 5 * 60)]
    [InlineData(
        "mode: iptables\nconntrack: {tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s, udpStreamTimeout: 0s}", 1, SchedulerKind.RoundRobin, 24 * 60, 60, 60)]
    [InlineData(
        "conntrack: {tcpEstablishedTimeout: 2h, tcpCloseWaitTimeout: 3m, udpStreamTimeout: 90s, udpTimeout: 1h}", 1, SchedulerKind.RoundRobin, 120, 3, 90)]
    [InlineData("udpIdleTimeout: 5s\nconntrack: {udpStreamTimeout: 90s}\nmode: nftables", 3, SchedulerKind.RoundRobin, 24 * 60, 60, 90)]
    [InlineData(
        "mode: ipvs\nconntrack: {tcpEstablishedTimeout: 2h, tcpCloseWaitTimeout: 3m, udpStreamTimeout: 90s}", 2, SchedulerKind.SourceHash, 15, 2, 5 * 60)]
    public void Parse_SectionsOfAllModes_ThatOfTheModeCounts(
        string text, int minSyncSeconds, SchedulerKind scheduler, int idleMinutes, int halfCloseMinutes, int udpSeconds)
    {
        var options = OptionsOf($$"""
            {{text}}
            iptables: {minSyncPeriod: 1s}
            ipvs: {minSyncPeriod: 2s, scheduler: sh, tcpTimeout: 15m, tcpFinTimeout: 2m, udpTimeout: 5m}
            nftables: {minSyncPeriod: 3s}

            """);

        options.MinSyncPeriod.ShouldBe(TimeSpan.FromSeconds(minSyncSeconds));
        options.Defaults.ShouldBe(new ServiceSettings
        {
            Scheduler = scheduler,
            IdleTimeout = TimeSpan.FromMinutes(idleMinutes),
            HalfCloseTimeout = TimeSpan.FromMinutes(halfCloseMinutes),
            UdpIdleTimeout = TimeSpan.FromSeconds(udpSeconds),
        });
    }

    [Theory]
    [InlineData("configSyncPeriod: 1ns")]
    [InlineData("configSyncPeriod: 20s")]
    [InlineData("iptables: {minSyncPeriod: 1ns}")]
    [InlineData("iptables: {minSyncPeriod: 2562047h47m16s}")]
    [InlineData("conntrack: {tcpEstablishedTimeout: 8760h, tcpCloseWaitTimeout: 1ns}")]
    [InlineData("mode: ipvs\nipvs: {tcpTimeout: 2562047h, tcpFinTimeout: 1us, udpTimeout: 0.5h}")]
    public void Parse_DurationsThatKubeProxyTakes_AreTaken(string text) => OptionsOf(text).ConfigSyncPeriod.ShouldBeNull();

    /// <summary>The defaults of kube-proxy's v1alpha1: the family of bindAddress gives what is not set.</summary>
    [Theory]
    [InlineData("bindAddress: 0.0.0.0", "0.0.0.0:10256", "127.0.0.1:10249")]
    [InlineData("bindAddress: 192.0.2.1", "0.0.0.0:10256", "127.0.0.1:10249")]
    [InlineData("bindAddress: '::'", "[::]:10256", "[::1]:10249")]
    [InlineData("bindAddress: fd00::1\nhealthzBindAddress: ''", "[::]:10256", "[::1]:10249")]
    [InlineData("bindAddress: ::ffff:192.0.2.1", "0.0.0.0:10256", "127.0.0.1:10249")]
    [InlineData("metricsBindAddress: 0.0.0.0\nbindAddress: '::'", "[::]:10256", "0.0.0.0:10249")]
    [InlineData("healthzBindAddress: '[fd00::1]:1'\nbindAddress: '::'", "[fd00::1]:1", "[::1]:10249")]
    public void Parse_BindAddress_GivesTheOthersThatAreNotSet(string text, string healthz, string metrics)
    {
        var options = OptionsOf(text);
        options.HealthzBindAddress!.ToString().ShouldBe(healthz);
        options.MetricsBindAddress!.ToString().ShouldBe(metrics);
    }

    [Fact]
    public void Parse_KeysWrittenAgain_LastCountsWithAWarning()
    {
        var file = Parse("mode: iptables\nipvs: {scheduler: lc}\nipvs: {scheduler: sh}\nmode: ipvs\n");

        RunOptionsReader.Apply(new RunOptions(), file.Values, file.Problems).Defaults.Scheduler.ShouldBe(SchedulerKind.SourceHash);
        file.Warnings.Select(warning => warning.Split(" is ")[0]).ShouldBe(["config.conf:5: ipvs", "config.conf:6: mode"]);
    }

    [Theory]
    [InlineData("---\n", "")]
    [InlineData("---\n# nothing\n...\n---\n", "")]
    [InlineData("---\nkind: ConfigMap\n", "config.conf:5: this document is not read")]
    public void Parse_DocumentsAfterTheFirst_AreNotRead(string text, string warned)
    {
        var file = Parse($"mode: ipvs\n{text}");

        string.Join(", ", file.Warnings.Select(warning => warning.Split(": kube")[0])).ShouldBe(warned);
        file.Problems.ShouldBeEmpty();
    }

    [Fact]
    public void Parse_ConfigurationAfterAnotherDocument_SaysWhichIsMeant() =>
        Should.Throw<ConfigurationException>(() => ConfigurationFile.Parse("config.conf", $"kind: ConfigMap\n---\n{Header}"))
            .Problems.ShouldHaveSingleItem()
            .ShouldBe(
                "config.conf:1: apiVersion '', kind 'ConfigMap' is no configuration, and the first document of a file is the one that is read: put the "
                    + "KubeProxyConfiguration of line 3 there");

    [Theory]
    [InlineData(
        "bindAddressHardFail: False\niptables: {masqueradeAll: FALSE, minSyncPeriod: 0m0s, masqueradeBit: 0}\nipvs: {strictARP: false}\nenableProfiling: "
            + "False\n", "")]
    [InlineData("ipvs: {strictARP: True}\n", "ipvs.strictARP")]
    [InlineData("iptables: {localhostNodePorts: False}\n", "iptables.localhostNodePorts")]
    public void Parse_ZeroInAnySpelling_IsPassedOver(string text, string ignored) => string.Join(", ", Parse(text).Ignored).ShouldBe(ignored);

    [Theory]
    [InlineData("mode: nftables", true)]
    [InlineData("mode: nftables\nnodePortAddresses: []", true)]
    [InlineData("mode: nftables\nnodePortAddresses: [all]", false)]
    [InlineData("mode: iptables", false)]
    [InlineData("mode: iptables\nipvs: {scheduler: lblc}", false)]
    [InlineData("mode: ipvs\nipvs: {scheduler: lblc}", true)]
    public void Parse_WhatTheModeMeansElsewhere_NeedsADecision(string text, bool needed) =>
        Parse(text).Fates.Any(fate => fate.Decision is not null).ShouldBe(needed);

    [Theory]
    [InlineData("mode: ipvs\nipvs: {scheduler: lblc, strictARP: true}\n", "mode, ipvs.scheduler, ipvs.strictARP")]
    [InlineData("iptables: {localhostNodePorts: false, masqueradeAll: true}\n", "iptables.localhostNodePorts, iptables.masqueradeAll")]
    [InlineData("fieldOfTheFuture: 7\nfeatureGates: {A: true}\n", "featureGates.A")]
    [InlineData("udpTimeoutMilliseconds: 250ms\nresourceContainer: /kube-proxy\n", "udpTimeoutMilliseconds, resourceContainer")]
    [InlineData("logging: {verbosity: 2, vmodule: [{filePattern: a, verbosity: 1}], options: {json: {infoBufferSize: 1Mi}}}\n",
        "logging.verbosity, logging.vmodule, logging.options.json.infoBufferSize")]
    public void Parse_WithoutMeaningHere_IsNamedNotRefused(string text, string ignored)
    {
        var file = ConfigurationFile.Parse("config.conf", $"apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n{text}");

        string.Join(", ", file.Ignored).ShouldBe(ignored);
        file.Problems.ShouldBeEmpty();
    }

    /// <summary>A slip does nothing, and its author believes otherwise. What no field is near may be one of a later version.</summary>
    [Theory]
    [InlineData("mode: ipvs\nipvs: {shceduler: lc}", "4: ipvs.shceduler: it is no field that is known here; did you mean ipvs.scheduler?")]
    [InlineData("clusterCIRD: 10.244.0.0/16", "3: clusterCIRD: it is no field that is known here; did you mean clusterCIDR?")]
    [InlineData("clusterCidr: 10.244.0.0/16", "3: clusterCidr: it is no field that is known here; did you mean clusterCIDR?")]
    [InlineData("conntrack: {tcpEstablishedTimout: 2h}",
        "3: conntrack.tcpEstablishedTimout: it is no field that is known here; did you mean conntrack.tcpEstablishedTimeout?")]
    [InlineData("iptable: {syncPeriod: 1s}", "3: iptable.syncPeriod: it is no field that is known here; did you mean iptables.syncPeriod?")]
    [InlineData("scheduler: lc", "3: scheduler: it is no field that is known here; did you mean ipvs.scheduler?")]
    [InlineData("conntrack: {strictARP: true}", "3: conntrack.strictARP: it is no field that is known here; did you mean ipvs.strictARP?")]
    [InlineData("logging: {fromat: json}", "3: logging.fromat: it is no field that is known here; did you mean logging.format?")]
    [InlineData("featureGate: {A: true}", "3: featureGate.A: it is no field that is known here; did you mean featureGates.A?")]
    [InlineData("helthzBindAddress: \"0\"", "3: helthzBindAddress: it is no field that is known here; did you mean healthzBindAddress?")]
    [InlineData("iptables: {localhostNodePort: false}",
        "3: iptables.localhostNodePort: it is no field that is known here; did you mean iptables.localhostNodePorts?")]
    [InlineData("minSyncPeriod: 1s", "3: minSyncPeriod: it is no field that is known here; look up what it does, and whether you need it")]
    [InlineData("fieldOfTheFuture: 7", "3: fieldOfTheFuture: it is no field that is known here; look up what it does, and whether you need it")]
    [InlineData("ipvs: lc", "3: ipvs: it is a section of fields, and has a value here; write its fields below it, or leave it out")]
    [InlineData("ipvs: {shceduler: \"\"}\nclusterCIRD: null\nfieldOfTheFuture: 0s", null)]
    public void Parse_FieldThatIsNotKnown_SaysWhatWasMeant(string text, string? said)
    {
        var file = Parse(text);

        string.Join('\n', file.Unknown).ShouldBe(said is null ? "" : $"config.conf:{said}");
        string.Join(", ", file.Ignored).ShouldBe(text.StartsWith("mode", StringComparison.Ordinal) ? "mode" : "");
        RunOptionsReader.Apply(new RunOptions(), file.Values, file.Problems).Defaults.Scheduler.ShouldBe(SchedulerKind.RoundRobin);
    }

    /// <summary>kubeadm writes every field there is: one that the table does not know is one that its readers would look for in vain.</summary>
    [Fact]
    public void Fields_OfKubeadm_AreAllKnown()
    {
        var names = ConfigurationFile.Parse(
            "config.conf",
            Kubeadm.Replace(": null", ": x", StringComparison.Ordinal).Replace(
                ": 0s", ": 1h", StringComparison.Ordinal).Replace(": \"\"", ": x", StringComparison.Ordinal)).Fates;

        names.Count.ShouldBeGreaterThan(35);
        names.Where(fate => !fate.IsKnown).ShouldBeEmpty();
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

    private static ConfigurationFile Parse(string text) => ConfigurationFile.Parse("config.conf", Header + text);

    private static RunOptions OptionsOf(string text)
    {
        var file = Parse(text);
        return RunOptionsReader.Apply(new RunOptions(), file.Values, file.Problems);
    }
}
