using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using UserProxy.App.Configuration;
using UserProxy.Kubernetes.Building;
using UserProxy.Model;

namespace UserProxy.App.Tests.Configuration;

public sealed class EffectiveSettingsTests
{
    [Fact]
    public void ToJson_Defaults_ReadBackAreTheSame() =>
        ReadBack(new RunOptions { NodeName = "n", AdminSocket = "/run/a.sock", AllowLoopbackEndpoints = false });

    [Fact]
    public void ToJson_EverythingSet_ReadsBackTheSameAndShowsEveryField()
    {
        var options = Everything();

        ReadBack(options);

        using var json = JsonDocument.Parse(EffectiveSettings.ToJson(options));
        foreach (var setting in Settings.All)
            json.RootElement.TryGetProperty(setting.Field, out _).ShouldBeTrue(setting.Field);
        var defaults = json.RootElement.GetProperty(ServiceDefaults.Field);
        foreach (string field in ServiceDefaults.Fields.Keys) defaults.TryGetProperty(field, out _).ShouldBeTrue(field);
    }

    private static void ReadBack(RunOptions options)
    {
        var file = ConfigurationFile.Parse("configz.json", EffectiveSettings.ToJson(options));
        file.Problems.ShouldBeEmpty();

        var read = RunOptionsReader.Apply(new RunOptions(), file.Values, file.Problems);

        read.NodePortAddresses.ToString().ShouldBe(options.NodePortAddresses.ToString());
        (read with { NodePortAddresses = options.NodePortAddresses }).ShouldBe(options);
    }

    private static RunOptions Everything()
    {
        NodePortAddresses.TryParse(["10.0.0.0/8", "fd00::/8"], out var addresses, out _).ShouldBeTrue();
        CidrBlock.TryParse("192.0.2.0/24", out var block).ShouldBeTrue();
        return new RunOptions
        {
            Manifests = ["/a.yaml", "/b \"quoted\""],
            Kubeconfig = "/kubeconfig",
            ClusterIPs = ClusterIPsChoice.On,
            LoadBalancerIPs = true,
            ExternalIPs = [block],
            AllowUnguarded = true,
            ClusterCidrs = [block],
            HealthzBindAddress = null,
            MetricsBindAddress = new IPEndPoint(IPAddress.IPv6Any, 1234),
            BindAddressHardFail = true,
            NodeName = "n",
            NodePortAddresses = addresses!,
            MinSyncPeriod = TimeSpan.FromMilliseconds(250),
            ConfigSyncPeriod = TimeSpan.FromMinutes(90),
            Transport = TransportChoice.Sockets,
            Threads = 3,
            AdminSocket = "/run/a.sock",
            DrainTimeout = TimeSpan.FromSeconds(7),
            DrainDelay = TimeSpan.FromSeconds(1.5),
            LogFormat = LogFormat.Json,
            LogLevel = LogLevel.Debug,
            AccessLog = 100,
            AllowLoopbackEndpoints = true,
            ServeLabel = "mine",
            StateDir = "/var/lib/userproxy",
            ProbeSocket = "/run/pod/probe.sock",
            SnapshotMaxAge = TimeSpan.FromMinutes(90),
            Defaults = new ServiceSettings
            {
                Scheduler = SchedulerKind.WeightedLeastConnection,
                ConnectTimeout = TimeSpan.FromMilliseconds(300),
                ConnectAttempts = 2,
                UdpResponses = 1,
                IdleTimeout = TimeSpan.FromHours(1),
                HalfCloseTimeout = TimeSpan.FromSeconds(9),
                MaxConnections = 500,
                MaxConnectionsPerClient = 5,
                Drain = DrainPolicy.Immediate,
                NoLocalAction = NoLocalAction.Reject,
                ClientAddress = ClientAddressUse.Keep,
            },
        };
    }
}
