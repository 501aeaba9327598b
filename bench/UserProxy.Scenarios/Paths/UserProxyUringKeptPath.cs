using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Paths;

/// <summary>The uring transport where Pods see their clients' own addresses. By name alone, beside userproxy-uring.</summary>
internal sealed class UserProxyUringKeptPath(RunSettings settings) : UserProxyPath(
    18, new PathInfo("userproxy-uring-transparent", "UserProxy (uring), client-address keep", PathKind.Own,
        "client-address: keep; every other setting at its default."), "uring",
    settings.Executable)
{
    public override bool IsHidden => true;

    public override bool CanServe(Service service) => service.Protocol == "tcp" && service.ClusterIP is null;

    public override Task<RunningPath> StartAsync(TestBed bed, ServiceSet set, CancellationToken stop) => base.StartAsync(
        bed, set with { Services = [.. set.Services.Where(CanServe).Select(service => service with { IsKept = true })] }, stop);
}
