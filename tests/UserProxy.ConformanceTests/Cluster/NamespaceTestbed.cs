using System.Net.Sockets;
using System.Text;
using UserProxy.FunctionalTests.Cluster;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.ConformanceTests.Cluster;

/// <summary>Nodes, Pods and the client are network namespaces of this machine: everything can be asked.</summary>
internal sealed class NamespaceTestbed(ClusterNetwork network, string description) : ITestbed
{
    private readonly PodServers _servers = new(network);

    public Host Client => network.Client;

    public Host NodeA => network.NodeA;

    public Host NodeB => network.NodeB;

    public Pod PodA1 => network.PodA1;

    public Pod PodA2 => network.PodA2;

    public Pod PodB1 => network.PodB1;

    public string Description => description;

    public IReadOnlySet<string> Names { get; } = new HashSet<string>(
        [network.NodeA.Name, network.NodeB.Name, network.PodA1.Name, network.PodA2.Name, network.PodB1.Name]);

    public string? WhyNot(Host from, Target target) => null;

    public async Task<string> AskAsync(Host from, Target target)
    {
        if (!target.IsUdp) return await from.AskAsync(target.Address, target.Port);
        using var client = Connect(from, target);
        return await client.TryAskAsync();
    }

    public async Task<string> EchoAsync(Host from, Target target, string text)
    {
        byte[] sent = Encoding.ASCII.GetBytes(text);
        if (target.IsUdp)
        {
            using var client = Connect(from, target);
            return await client.ExchangeAsync(sent, TimeSpan.FromSeconds(1)) is { } answer ? Encoding.ASCII.GetString(answer) : Host.Silence;
        }

        var socket = NamespaceThread.Run(from.Namespace, () => new Socket(target.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        using var peer = new Peer(socket);
        try
        {
            await socket.ConnectAsync(target.Address, target.Port);
            await peer.SendAsync(sent);
            peer.FinishSending();
            return Encoding.ASCII.GetString((await peer.ReceiveToEndAsync()).Bytes);
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode.ToString();
        }
    }

    public DatagramClient Connect(Host from, Target target) => DatagramClient.Connect(from, target.Address, target.Port);

    /// <summary>Nothing translates addresses between them.</summary>
    public Task<string> SeenByAsync(Host node, Host from) => Task.FromResult(from.Address.ToString());

    public ValueTask DisposeAsync() => _servers.DisposeAsync();
}
