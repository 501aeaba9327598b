using System.Globalization;
using System.Net;

namespace UserProxy.FunctionalTests.Support;

/// <summary>
/// Two hosts on one link, both in namespaces of their own: a node, and a client that sends 10.96.0.0/12 and fd96::/64 through the node. Nothing
/// of it touches the machine's own network; all of it goes with the namespaces.
/// </summary>
internal sealed class TestLink : IAsyncDisposable
{
    private static int Made;

    private TestLink(TestHost node, TestHost client)
    {
        Node = node;
        Client = client;
    }

    public TestHost Node { get; }

    public TestHost Client { get; }

    public static async Task<TestLink> CreateAsync()
    {
        Tool.SkipUnlessInstalled("ip", "nft");
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "network namespaces need root");
        string prefix = string.Create(CultureInfo.InvariantCulture, $"up{Environment.ProcessId}-{Interlocked.Increment(ref Made)}");
        // Ranges for documentation (RFC 5737, RFC 3849).
        var link = new TestLink(
            new TestHost(prefix + "n", IPAddress.Parse("192.0.2.1"), IPAddress.Parse("2001:db8::1")),
            new TestHost(prefix + "c", IPAddress.Parse("192.0.2.2"), IPAddress.Parse("2001:db8::2")));
        try
        {
            await Tool.RunAsync("ip", "netns", "add", link.Node.Name);
            await Tool.RunAsync("ip", "netns", "add", link.Client.Name);
            await link.Node.IpAsync($"link add eth0 type veth peer name eth0 netns {link.Client.Name}");
            foreach (var host in new[] { link.Node, link.Client })
            {
                await host.IpAsync($"addr add {host.Four}/24 dev eth0");
                await host.IpAsync($"addr add {host.Six}/64 dev eth0 nodad");
                await host.IpAsync("link set eth0 up");
                await host.IpAsync("link set lo up");
            }

            await link.Client.IpAsync($"route add 10.96.0.0/12 via {link.Node.Four}");
            await link.Client.IpAsync($"route add fd96::/64 via {link.Node.Six}");
            return link;
        }
        catch
        {
            await link.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in new[] { Node, Client })
        {
            if (File.Exists($"/run/netns/{host.Name}")) await Tool.RunAsync("ip", "netns", "delete", host.Name);
        }
    }
}
