using System.Globalization;
using System.Net;
using UserProxy.FunctionalTests.Support;
using UserProxy.Model;

namespace UserProxy.FunctionalTests.ProxyProtocol;

/// <summary>Real programs in front and behind agree about the client.</summary>
public sealed class PeerTests
{
    private static readonly IPAddress Client = IPAddress.Parse("127.0.0.9"), Balancer = IPAddress.Parse("127.0.0.5");

    public static TheoryData<TransportKind, ProxyProtocolVersion> Both => HeaderToEndpointsTests.Both;

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Nginx_Behind_NamesTheClient(TransportKind transport, ProxyProtocolVersion version)
    {
        await using var nginx = await HeaderPeer.NginxAsync();
        await using var proxy = await Proxy.StartAsync(transport, To(nginx, new ServiceSettings { ProxyProtocol = version }));

        var (client, answer) = await HeaderPeer.GetAsync(proxy.Address, Client);

        answer.ShouldBe(client);
    }

    /// <summary>HAProxy asks the checksum.</summary>
    [Theory]
    [MemberData(nameof(Both))]
    public async Task HAProxy_Behind_NamesTheClientAndTheUniqueId(TransportKind transport, ProxyProtocolVersion version)
    {
        await using var haproxy = await HeaderPeer.HAProxyAsync();
        var settings = new ServiceSettings { ProxyProtocol = version, ProxyV2Options = ProxyV2Options.Crc32c | ProxyV2Options.ServiceName };
        await using var proxy = await Proxy.StartAsync(transport, To(haproxy, settings));

        var (client, answer) = await HeaderPeer.GetAsync(proxy.Address, Client);

        answer.ShouldStartWith($"{client} ");
        if (version == ProxyProtocolVersion.V2) answer.ShouldMatch("^[0-9.:]+ [0-9a-f]{16}-[0-9a-f]+$");
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task HAProxy_InFront_OursTellsWhomItWasTold(TransportKind transport, ProxyProtocolVersion version)
    {
        await using var nginx = await HeaderPeer.NginxAsync();
        var settings = new ServiceSettings { ProxyProtocol = version, AcceptProxyProtocol = [new CidrBlock(Balancer, 32)] };
        await using var proxy = await Proxy.StartAsync(transport, To(nginx, settings));
        foreach (string how in new[] { "send-proxy", "send-proxy-v2", "send-proxy-v2 proxy-v2-options crc32c" })
        {
            await using var balancer = await HeaderPeer.BalancerAsync(proxy.Address, Balancer, how);

            var (client, answer) = await HeaderPeer.GetAsync(balancer.EndPoint, Client);

            answer.ShouldBe(client, how);
        }
    }

    /// <summary>One id from the first to the last, whatever is between.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task HAProxy_InFrontAndBehind_KeepsTheUniqueId(TransportKind transport)
    {
        await using var behind = await HeaderPeer.HAProxyAsync();
        var settings = new ServiceSettings { ProxyProtocol = ProxyProtocolVersion.V2, AcceptProxyProtocol = [new CidrBlock(Balancer, 32)] };
        await using var proxy = await Proxy.StartAsync(transport, To(behind, settings));
        await using var balancer = await HeaderPeer.BalancerAsync(proxy.Address, Balancer, "send-proxy-v2 proxy-v2-options unique-id,crc32c");

        var (client, answer) = await HeaderPeer.GetAsync(balancer.EndPoint, Client);

        answer.ShouldStartWith($"{client} balancer-");
    }

    /// <summary>A session of questions and answers behind both headers.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Postgres_BehindBoth_IsAsked(TransportKind transport)
    {
        Tool.SkipUnlessInstalled("haproxy", "initdb", "postgres", "psql", "runuser");
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "postgres does not run as root, and only root may run it as somebody else");
        var folder = Directory.CreateTempSubdirectory("userproxy-postgres-");
        try
        {
            await Tool.RunAsync("chown", "postgres", folder.FullName);
            string data = Path.Combine(folder.FullName, "data");
            await Tool.RunAsync("runuser", "-u", "postgres", "--", "initdb", "-D", data, "-A", "trust", "-N");
            int port = FreePort.Next();
            await using var postgres = Tool.Start(
                "setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups", "--", "postgres", "-D", data, "-p", Text(port), "-k",
                folder.FullName, "-c", "listen_addresses=127.0.0.1");
            await Eventually.IsTrue(() => KernelTable.Count(port, TcpSocketState.Listen) > 0, "postgres listens");
            await using var behind = await HeaderPeer.HAProxyBeforeAsync(port);
            var settings = new ServiceSettings { ProxyProtocol = ProxyProtocolVersion.V2, AcceptProxyProtocol = [new CidrBlock(Balancer, 32)] };
            await using var proxy = await Proxy.StartAsync(transport, To(behind, settings));
            await using var balancer = await HeaderPeer.BalancerAsync(proxy.Address, Balancer, "send-proxy-v2");
            string address = $"host=127.0.0.1 port={balancer.Port} user=postgres dbname=postgres";
            await Eventually.IsTrue(
                async () => (await Tool.FeedAsync("", "psql", address, "-c", "select 1")).ExitCode == 0, "postgres has started");

            string sum = await Tool.RunAsync("psql", address, "-At", "-c", "select sum(n) from generate_series(1, 100000) n");

            sum.Trim().ShouldBe("5000050000");
            // Killed it would leave its shared memory behind.
            await postgres.SignalAsync("INT");
            await postgres.ExitCodeAsync();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Service To(HeaderPeer peer, ServiceSettings settings) => Service.OnFreePort().With(settings) with { Endpoints = [peer.Endpoint] };

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
