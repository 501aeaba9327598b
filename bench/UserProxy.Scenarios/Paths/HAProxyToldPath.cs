using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Paths;

/// <summary>HAProxy that tells the Pods its clients: what a PROXY protocol header costs it. By name alone, beside those without one.</summary>
internal sealed class HAProxyToldPath(RunSettings settings) : HAProxyPath(
    settings, 14, new PathInfo("haproxy-send-proxy", "HAProxy, send-proxy-v2", PathKind.Peer, $"As HAProxy, with send-proxy-v2: {Settings}"))
{
    public override bool IsHidden => true;

    public override bool CanServe(Service service) => base.CanServe(service) && service.MayBeChecked;

    public override Task<RunningPath> StartAsync(TestBed bed, ServiceSet set, CancellationToken stop) =>
        base.StartAsync(bed, set with { Services = [.. set.Services.Where(CanServe).Select(service => service.ToTold())] }, stop);
}
