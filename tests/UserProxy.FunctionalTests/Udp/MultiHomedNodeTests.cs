using System.Diagnostics;
using System.Net;
using System.Text;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Cluster;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.Udp;

/// <summary>A server on all addresses of a node, two of which are endpoints of Services: it answers from one of them, whichever it was asked at.</summary>
[Collection(nameof(UdpCluster))]
public sealed class MultiHomedNodeTests(UdpCluster fixture) : UdpTests(fixture)
{
    private const int Clients = 60;

    private static readonly IPAddress Second = IPAddress.Parse("10.0.0.42"), Second6 = IPAddress.Parse("fd00::42");

    /// <summary>The Pod of the node's first address, if any: one that is in the node's network; the slice of the second address is made by hand.</summary>
    [Theory]
    [InlineData(null, true, false)]
    [InlineData(null, true, true)]
    [InlineData(null, false, false)]
    [InlineData(null, false, true)]
    [InlineData("in-the-nodes-network", false, false)]
    [InlineData("in-the-nodes-network", false, true)]
    public async Task AnswersComeFromItsOtherAddress_NobodyGetsThoseOfAnother(string? pod, bool isOneService, bool six)
    {
        var (one, other) = (NextCase(), NextCase());
        var any = six ? IPAddress.IPv6Any : IPAddress.Any;
        await using var server = DatagramBackend.Echo(Cluster.NodeB.Datagrams(any, 0));
        await Cluster.NodeB.RunAsync("sh", "-c", six ? $"ip addr replace {Second6}/64 dev eth0 nodad" : $"ip addr replace {Second}/24 dev eth0");
        string first = Yaml.EndpointOf(six ? Cluster.NodeB.Address6 : Cluster.NodeB.Address, pod), second = Yaml.EndpointOf(six ? Second6 : Second, null);
        string Slice(CaseNames names, params string[] endpoints) =>
            Yaml.Slice(names.Service + "-1", names.Service, six ? "IPv6" : "IPv4", $"[{{port: {server.EndPoint.Port}, protocol: UDP}}]", endpoints);
        Apply(one, isOneService ? Service(one) + Slice(one, first, second) : Service(one) + Slice(one, first) + Service(other) + Slice(other, second));
        CaseNames[] asked = isOneService ? [one] : [one, other];
        // A marker that is served shows that what was written before it is applied.
        var marker = NextCase();
        Apply(marker, Service(marker) + Slices(marker, Cluster.PodA2));
        using (var client = Connect(marker, ServiceWay.NodePort, six)) await client.ShouldGetAsync("pod-a2");

        var (heard, foreign) = await AskAsync(asked, six);

        foreign.ShouldBe(0);
        heard.ShouldBe(Clients / 2, "the server answers from one address");
    }

    /// <summary>
    /// How many clients got an answer, and how many one to another's question; half of them wait in vain, as they would without a proxy. Whoever has none asks
    /// again, as every client of UDP does: the kernel drops datagrams where a processor has too many waiting.
    /// </summary>
    private async Task<(int Heard, int Foreign)> AskAsync(CaseNames[] services, bool six)
    {
        var sockets = Cluster.Client.ManyDatagrams(six ? IPAddress.IPv6Any : IPAddress.Any, Clients);
        bool IsHeard(int client) => sockets[client].Available > 0;
        var sinceAsked = Stopwatch.StartNew();
        await AskOnceAsync();
        await Eventually.IsTrue(
            async () =>
            {
                if (Enumerable.Range(0, Clients).Count(IsHeard) >= Clients / 2) return true;
                if (sinceAsked.Elapsed > TimeSpan.FromSeconds(1)) await AskOnceAsync();
                return false;
            },
            "half of the clients are answered");
        int heard = 0, foreign = 0;
        byte[] buffer = new byte[64];
        for (int client = 0; client < Clients; client++)
        {
            if (IsHeard(client)) heard++;
            while (IsHeard(client))
            {
                if (Encoding.ASCII.GetString(buffer, 0, await sockets[client].ReceiveAsync(buffer)) != $"question {client}") foreign++;
            }

            sockets[client].Dispose();
        }

        return (heard, foreign);

        async Task AskOnceAsync()
        {
            sinceAsked.Restart();
            for (int client = 0; client < Clients; client++)
            {
                if (IsHeard(client)) continue;
                var (address, port) = AddressOf(services[client % services.Length], ServiceWay.NodePort, six);
                await sockets[client].SendToAsync(Encoding.ASCII.GetBytes($"question {client}"), new IPEndPoint(address, port));
            }
        }
    }
}
