using System.Net;
using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Paths;

/// <summary>
/// The client asks the Pods themselves: the ceiling. All three, by equal-cost routes to an address that each of them has: beside one Pod alone, any path to
/// three could look faster than nothing at all.
/// </summary>
internal sealed class DirectPath() : TrafficPath(0, new PathInfo(
    "direct", "Direct to the Pods", PathKind.Direct,
    "No Service: all Pods have one more address, and the node's routing shares connections to it out among them by their ports, without a look into a "
        + "packet's state."))
{
    public override bool IsSmoke => true;

    public override bool CanServe(Service service) => true;

    public override Task<RunningPath> StartAsync(TestBed bed, ServiceSet set, CancellationToken stop) => Task.FromResult<RunningPath>(new Nothing());

    private sealed class Nothing : RunningPath
    {
        public override IPEndPoint AddressOf(Service service) =>
            service.Endpoints.Count > 1 ? new IPEndPoint(TestBed.SharedPodAddress, service.Endpoints[0].Port) : service.Endpoints[0];

        public override ValueTask DisposeAsync() => default;
    }
}
