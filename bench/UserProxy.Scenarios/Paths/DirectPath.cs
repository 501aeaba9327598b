using System.Net;
using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Paths;

/// <summary>The client asks the first Pod itself: the ceiling of one backend.</summary>
internal sealed class DirectPath() : TrafficPath(0, new PathInfo("direct", "Direct to one Pod", PathKind.Direct, "No Service: the client asks the first Pod, routed by the node."))
{
    public override bool IsSmoke => true;

    public override bool CanServe(Service service) => true;

    public override Task<RunningPath> StartAsync(TestBed bed, ServiceSet set, CancellationToken stop) => Task.FromResult<RunningPath>(new Nothing());

    private sealed class Nothing : RunningPath
    {
        public override IPEndPoint AddressOf(Service service) => service.Endpoints[0];

        public override ValueTask DisposeAsync() => default;
    }
}
