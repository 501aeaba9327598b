using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Paths;

/// <summary>The epoll transport that tells the Pods its clients. By name alone, beside userproxy-epoll.</summary>
internal sealed class UserProxyToldPath(RunSettings settings) : UserProxyPath(
    15, new PathInfo("userproxy-proxy-protocol", "UserProxy (epoll), proxy-protocol", PathKind.Own,
        "proxy-protocol: v2; every other setting at its default."), "epoll",
    settings.Executable)
{
    public override bool IsHidden => true;

    public override bool CanServe(Service service) => service.Protocol == "tcp" && service.ClusterIP is null && service.MayBeChecked;

    public override Task<RunningPath> StartAsync(TestBed bed, ServiceSet set, CancellationToken stop) =>
        base.StartAsync(bed, set with { Services = [.. set.Services.Where(CanServe).Select(service => service.ToTold())] }, stop);
}
