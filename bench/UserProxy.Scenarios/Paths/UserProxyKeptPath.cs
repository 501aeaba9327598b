using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Paths;

/// <summary>The epoll transport where Pods see their clients' own addresses. By name alone, beside userproxy-epoll.</summary>
internal sealed class UserProxyKeptPath(RunSettings settings) : UserProxyPath(
    17, new PathInfo("userproxy-transparent", "UserProxy (epoll), client-address keep", PathKind.Own,
        "client-address: keep; every other setting at its default."), "epoll",
    settings.Executable)
{
    public override bool IsHidden => true;

    public override bool CanServe(Service service) => service.Protocol == "tcp" && service.ClusterIP is null;

    public override Task<RunningPath> StartAsync(TestBed bed, ServiceSet set, CancellationToken stop) => base.StartAsync(
        bed, set with { Services = [.. set.Services.Where(CanServe).Select(service => service with { IsKept = true })] }, stop);
}
