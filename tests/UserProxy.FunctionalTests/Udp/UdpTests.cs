using System.Net;
using UserProxy.FunctionalTests.Cluster;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.Udp;

/// <summary>What the cases of UDP on a cluster share: Services of both families on every kind of address.</summary>
[StartsProgram]
public abstract class UdpTests(UdpClusterFixture fixture)
{
    private protected const int Port = 53;

    /// <summary>Every way, with the family.</summary>
    public static TheoryData<ServiceWay, bool> Ways { get; } = new(
        from way in Enum.GetValues<ServiceWay>()
        from six in new[] { false, true }
        select new TheoryDataRow<ServiceWay, bool>(way, six));

    private protected TestCluster Cluster => fixture.Cluster;

    private protected CaseNames NextCase() => fixture.NextCase();

    /// <summary>One UDP port, at a ClusterIP of each family and on NodePorts.</summary>
    private protected static string Service(CaseNames names, string more = "", string annotations = "{}") =>
        Yaml.Service(names.Service, Spec(names, more), annotations: annotations);

    private protected static string Spec(CaseNames names, string more = "") =>
        DualStack(names, $"[{{port: {Port}, nodePort: {names.NodePort}, protocol: UDP}}]") + (more == "" ? "" : "\n" + more);

    private protected static string DualStack(CaseNames names, string ports) =>
        $"type: NodePort\nipFamilyPolicy: RequireDualStack\nipFamilies: [IPv4, IPv6]\nclusterIP: {names.ClusterIP}\nclusterIPs: [\"{names.ClusterIP}\", "
            + $"\"{names.ClusterIP6}\"]\nports: {ports}";

    /// <summary>Its ready endpoints, of both families.</summary>
    private protected static string Slices(CaseNames names, params Pod[] pods) => Slices(names, Pod.Port, pods);

    private protected static string Slices(CaseNames names, int port, params Pod[] pods) => Slices(names, port, [.. pods.Select(pod => (pod, "ready: true"))]);

    private protected static string Slices(CaseNames names, int port, params (Pod Pod, string Conditions)[] pods)
    {
        string ports = $"[{{port: {port}, protocol: UDP}}]";
        return Yaml.Slice(
            names.Service + "-4", names.Service, "IPv4", ports, pods.Select(each => Yaml.Endpoint(each.Pod.Host.Address, each.Pod.Node, each.Conditions)))
            + Yaml.Slice(
                names.Service + "-6", names.Service, "IPv6", ports, pods.Select(each => Yaml.Endpoint(each.Pod.Host.Address6, each.Pod.Node, each.Conditions)));
    }

    private protected void Apply(CaseNames names, string yaml) => Cluster.Write(names.Service, yaml);

    private protected DatagramClient Connect(CaseNames names, ServiceWay way, bool six = false, Host? from = null)
    {
        var (address, port) = AddressOf(names, way, six);
        return DatagramClient.Connect(from ?? Cluster.Client, address, port);
    }

    private protected (IPAddress Address, int Port) AddressOf(CaseNames names, ServiceWay way, bool six = false) => way switch
    {
        ServiceWay.NodePort => (six ? Cluster.NodeA.Address6 : Cluster.NodeA.Address, names.NodePort),
        ServiceWay.WildcardNodePort => (six ? Cluster.NodeB.Address6 : Cluster.NodeB.Address, names.NodePort),
        ServiceWay.ClusterIP => (six ? names.ClusterIP6 : names.ClusterIP, Port),
        _ => throw new ArgumentOutOfRangeException(nameof(way)),
    };
}
