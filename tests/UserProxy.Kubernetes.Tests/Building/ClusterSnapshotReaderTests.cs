using UserProxy.FakeApiServer;
using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Client;
using UserProxy.Kubernetes.Client.Access;
using UserProxy.Kubernetes.Tests.Client;

namespace UserProxy.Kubernetes.Tests.Building;

/// <summary>One look at a cluster that goes on changing.</summary>
public sealed class ClusterSnapshotReaderTests
{
    /// <summary>
    /// The order moves the race, and does not end it. A Service that is made between the two lists has no slice yet in this look: it seems to have no
    /// endpoints. A Service that is deleted between them leaves its slices without an owner for this look.
    /// </summary>
    [Fact]
    public async Task Slices_AreListedBeforeTheirServices()
    {
        using var folder = new TestFolder();
        await using var server = await ApiServer.StartAsync();
        server.Apply(FollowedCluster.Service("web"));
        server.Apply(FollowedCluster.Slice("web-1", "web", "10.244.0.1"));
        folder.Write("kubeconfig", server.Kubeconfig());
        var access = ClusterAccess.FromKubeconfig(folder["kubeconfig"], TimeProvider.System, new RecordingLogger<ClusterSnapshotReaderTests>());
        using var client = new ApiClient(access, TimeProvider.System);

        var snapshot = await new ClusterSnapshotReader(client).ReadAsync("node-1", TestContext.Current.CancellationToken);

        ServiceDiagnosis.Orphans(snapshot.Services, snapshot.EndpointSlices).ShouldBeEmpty();
        snapshot.HasAllServices.ShouldBeTrue();
        server.Requests.Select(request => request.Path[(request.Path.LastIndexOf('/') + 1)..])
            .Where(resource => resource is "services" or "endpointslices").ShouldBe(["endpointslices", "services"]);
    }
}
