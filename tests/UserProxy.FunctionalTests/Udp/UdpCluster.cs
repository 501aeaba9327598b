using System.Net;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Cluster;

namespace UserProxy.FunctionalTests.Udp;

/// <summary>
/// A cluster for UDP: node-a serves virtual IPs, so that its NodePorts are on one address each; node-b does not, and has them on the wildcard. Each Pod answers
/// datagrams of both families with its name on <see cref="Pod.Port"/>, and echoes them unchanged on <see cref="EchoPort"/>.
/// </summary>
public abstract class UdpClusterFixture(TransportKind transport) : ClusterFixture(transport, wildcardOnB: true)
{
    internal const int EchoPort = 8081;

    private readonly List<DatagramBackend> _backends = [];

    private protected override ValueTask OnCreatedAsync()
    {
        foreach (var pod in new[] { Cluster.PodA1, Cluster.PodA2, Cluster.PodB1 })
        {
            foreach (var any in new[] { IPAddress.Any, IPAddress.IPv6Any })
            {
                _backends.Add(DatagramBackend.Named(pod.Name, pod.Host.Datagrams(any, Pod.Port)));
                _backends.Add(DatagramBackend.Echo(pod.Host.Datagrams(any, EchoPort)));
            }
        }

        return default;
    }

    private protected override async ValueTask OnDisposingAsync()
    {
        foreach (var backend in _backends) await backend.DisposeAsync();
    }
}

/// <summary>One for all classes of the collection, on epoll.</summary>
public sealed class UdpCluster() : UdpClusterFixture(TransportKind.Epoll);

[CollectionDefinition(nameof(UdpCluster))]
public sealed class UdpClusterCollection : ICollectionFixture<UdpCluster>;

/// <summary>
/// For the classes that make load, or count what is lost in the moment of a change: they have no neighbours, as those of <see cref="Alone"/>.
/// </summary>
[CollectionDefinition(nameof(UdpClusterAlone), DisableParallelization = true)]
public sealed class UdpClusterAlone : ICollectionFixture<UdpCluster>;
