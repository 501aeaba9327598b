using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Objects;
using UserProxy.Model;

namespace UserProxy.Kubernetes.Tests.Building;

/// <summary>Where the way from a Service to its Pods breaks off, as explain tells it.</summary>
public sealed class MissingEndpointsTests
{
    private static readonly ServiceObject Web = Objects.NodePortService("web", 30080) with
    {
        Spec = Objects.NodePortService("web", 30080).Spec! with { IpFamilies = ["IPv4"] },
    };

    [Fact]
    public void NoSlice_NamesTheLabel() =>
        Why().ShouldBe("no EndpointSlice in namespace demo has the label kubernetes.io/service-name=web");

    [Fact]
    public void OtherFamily_IsNamed() =>
        Why(Objects.Slice("web-1", "web", 8080) with { AddressType = "IPv6" }).ShouldBe("none of the Service's EndpointSlices has addressType IPv4");

    [Fact]
    public void OtherPortName_TellsThoseThatThereAre()
    {
        string? why = Why(
            OfController(
                Objects.Slice("web-1", "web", 8080)) with
            {
                Ports = [
                    new EndpointPortObject { Name = "metrics", Port = 9100 }, new EndpointPortObject { Name = "web", Port = 80 }]
            });

        why.ShouldBe(
            "none of the Service's EndpointSlices has a port named http for TCP; they have metrics (TCP), web (TCP): a targetPort name that no Pod declares "
                + "is missing from the slice");
    }

    [Fact]
    public void OtherPortNameByHand_PointsToTheNames() =>
        Why(Objects.Slice("web-1", "web", 8080) with { Ports = [new EndpointPortObject { Name = "web", Port = 80 }] }).ShouldBe(
            "none of the Service's EndpointSlices has a port named http for TCP; they have web (TCP): "
            + "ports[].name of the Service and of the slice must be the same, and absent in both where there is one port without a name");

    [Fact]
    public void EmptySlice_PointsToTheSelector() => Why(Objects.Slice("web-1", "web", 8080)).ShouldNotBeNull().ShouldContain("no Pod matches its selector");

    [Fact]
    public void Endpoint_NothingIsMissing() => Why(Objects.Slice("web-1", "web", 8080, Objects.Endpoint("10.0.0.1", ready: false))).ShouldBeNull();

    private static EndpointSliceObject OfController(EndpointSliceObject slice) => slice with
    {
        Metadata = slice.Metadata with
        {
            Labels = new Dictionary<string, string>(slice.Metadata.Labels!) { ["endpointslice.kubernetes.io/managed-by"] = "endpointslice-controller.k8s.io" },
        },
    };

    private static string? Why(params EndpointSliceObject[] slices) =>
        ClusterCache.Build(1, [Web], slices, null, new BuildOptions { NodeName = "node-1" }).Ports.Single(
            port => port.Name.Protocol == TransportProtocol.Tcp).NoEndpointsBecause;
}
