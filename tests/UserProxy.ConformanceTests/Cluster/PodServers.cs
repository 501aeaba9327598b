using System.Globalization;
using System.Net;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Cluster;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.ConformanceTests.Cluster;

/// <summary>
/// What answers behind the Services: on each Pod, for both families and protocols, <see cref="Named"/> answers with the Pod's name, <see cref="Other"/> with
/// its name and the port, <see cref="Echo"/> with what it is told, and <see cref="Source"/> with the address that it sees its client by. On each node
/// <see cref="OfNode"/> answers with the node's name, as a Pod of the host's network would.
/// </summary>
internal sealed class PodServers : IAsyncDisposable
{
    public const int Named = Pod.Port, Other = 8081, Echo = 8082, Source = 8083, OfNode = 10180;

    private readonly List<IAsyncDisposable> _servers = [];

    public PodServers(ClusterNetwork network)
    {
        foreach (var host in (Host[])[network.PodA1.Host, network.PodA2.Host, network.PodB1.Host])
        {
            Answer(host, Named, host.Name);
            Answer(host, Other, NameOf(host.Name, Other));
            foreach (var any in (IPAddress[])[IPAddress.Any, IPAddress.IPv6Any])
            {
                _servers.Add(Backend.RunOn(host.Listen(any, Echo), Backend.EchoAsync));
                _servers.Add(DatagramBackend.Echo(host.Datagrams(any, Echo)));
                _servers.Add(Backend.RunOn(host.Listen(any, Source), AnswerSourceAsync));
                _servers.Add(DatagramBackend.Seeing(host.Datagrams(any, Source)));
            }
        }

        foreach (var node in (Host[])[network.NodeA, network.NodeB]) Answer(node, OfNode, node.Name);
    }

    /// <summary>What answers at <see cref="Other"/>.</summary>
    public static string NameOf(string pod, int port) => string.Create(CultureInfo.InvariantCulture, $"{pod}:{port}");

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers) await server.DisposeAsync();
    }

    private void Answer(Host host, int port, string name)
    {
        foreach (var any in (IPAddress[])[IPAddress.Any, IPAddress.IPv6Any])
        {
            _servers.Add(Backend.RunOn(host.Listen(any, port), peer => AnswerAsync(peer, name)));
            _servers.Add(DatagramBackend.Named(name, host.Datagrams(any, port)));
        }
    }

    private static Task AnswerSourceAsync(Peer peer) => AnswerAsync(peer, ((IPEndPoint)peer.Socket.RemoteEndPoint!).Address.ToString());

    private static async Task AnswerAsync(Peer peer, string answer)
    {
        await peer.SendAsync(answer);
        peer.FinishSending();
        await peer.ReceiveToEndAsync();
    }
}
