using System.IO.Pipelines;
using System.Text;
using Prometheus;

namespace UserProxy.App.Servers.Metrics;

/// <summary>
/// A count that goes up and down, by the name that kube-proxy has for it, which is a counter's. The registry knows no family without a type: as a gauge linters
/// refuse the name, and a counter never falls. So these lines stand in front of the registry's (docs/decisions/0044). Written by <see cref="ProxyMetrics"/>.
/// </summary>
internal static class UntypedFamily
{
    private const string Name = "kubeproxy_sync_proxy_rules_no_local_endpoints_total";

    public static void Write(PipeWriter text, ExpositionFormat format, (int Internal, int External) servicePorts)
    {
        string type = format == ExpositionFormat.OpenMetricsText ? "unknown" : "untyped";
        Encoding.UTF8.GetBytes(
            $"# HELP {Name} Service ports (a gauge) with a Local traffic policy, endpoints elsewhere, and none on this node.\n# TYPE {Name} {type}\n"
            + $"{Name}{{traffic_policy=\"internal\"}} {servicePorts.Internal}\n{Name}{{traffic_policy=\"external\"}} {servicePorts.External}\n",
            text);
    }
}
