using System.Net.Sockets;
using UserProxy.FunctionalTests.Cluster;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.ClientAddress;

/// <summary>
/// What a Pod sends when the session has ended is for no other port of the client, though ports of the node's choosing are used again and again.
/// </summary>
[StartsProgram]
public sealed class KeepingLateAnswerTests
{
    /// <summary>Outside of the kernel's range: such a port is never the socket's own.</summary>
    private const int FirstPort = 20_000;

    /// <summary>Enough of them that some of the second crowd would meet a port of the first among the 2,000 that there are.</summary>
    private const int First = 100, Second = 200;

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task SessionsHaveEnded_LateAnswersAreNoOtherPorts(TransportKind transport)
    {
        await using var node = await KeepingNode.CreateAsync();
        await node.Node.RunAsync("sysctl", "-qw", "net.ipv4.ip_local_port_range=40000 41999");
        node.Declare(
            node.Service("udp", KeepingTests.Local(30003), "userproxy.io/udp-idle-timeout: 1s", "IPv4", "UDP", node.Routed));
        await node.StartAsync(transport, "--threads", "2");
        var first = Crowd(node.Client, FirstPort, First);
        var second = Crowd(node.Client, FirstPort + First, Second);

        var left = await SeeAllAsync(first, node);
        await Eventually.IsTrue(
            async () => !(await node.UserProxyAsync("connections", "-o", "json", "--admin-socket", node.AdminSocket)).Contains("30003"),
            "the sessions end");
        (await SeeAllAsync(second, node)).ShouldAllBe(sight => sight.IsKept && !sight.IsWithPort);
        foreach (var sight in left) await node.PodOf(node.Routed).AnswerLateAsync(sight.Seen);
        var after = await SeeAllAsync(second, node);

        after.ShouldAllBe(sight => sight.Pod == "routed", "no late answer comes before its own");
        foreach (var socket in first.Concat(second)) socket.Dispose();
    }

    private static List<Socket> Crowd(Host host, int firstPort, int count) =>
        [.. Enumerable.Range(firstPort, count).Select(port => host.Datagrams(host.Address, port))];

    private static async Task<List<Sight>> SeeAllAsync(List<Socket> crowd, KeepingNode node)
    {
        var sights = new List<Sight>();
        foreach (var socket in crowd) sights.Add(await socket.SeeAsync(node.Node.Address, 30003));
        return sights;
    }
}
