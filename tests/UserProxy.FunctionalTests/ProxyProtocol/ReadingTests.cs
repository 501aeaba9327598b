using System.Net;
using System.Text.Json;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.ProxyProtocol;

/// <summary>What the commands say of a Service that tells and is told.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
[StartsProgram]
public sealed class ReadingTests
{
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Commands_ShowTheClientWhoToldItAndTheSettings(TransportKind transport)
    {
        await using var backend = ToldBackend.Echo();
        int port = FreePort.Next();
        string manifest = ServingProcess.ServiceOf("web", port, "rr", backend.Backend).Replace(
            "    userproxy.io/scheduler: rr",
            "    userproxy.io/scheduler: rr\n    userproxy.io/proxy-protocol: v2\n    userproxy.io/proxy-v2-options: service-name\n"
                + "    userproxy.io/accept-proxy-protocol: 127.0.0.5/32",
            StringComparison.Ordinal);
        await using var proxy = await ServingProcess.StartAsync(transport, manifest);
        using var client = await Peer.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), IPAddress.Parse("127.0.0.5"));
        await client.SendAsync("PROXY TCP4 203.0.113.7 198.51.100.1 40000 443\r\n");
        (await client.AskAsync("12345")).ShouldBe("12345");

        using (var admin = new AdminSocket(proxy.AdminSocket)) await Eventually.IsTrue(
            async () => (await admin.ConnectionsAsync()).Single().GetProperty("bytesIn").GetInt64() == 5, "its bytes are counted");
        var connection = (await proxy.AskAsync("connections")).GetProperty("connections").EnumerateArray().Single();
        Texts(connection, "client", "toldBy", "listener").ShouldBe(["203.0.113.7:40000", client.Socket.LocalEndPoint!.ToString(), $"127.0.0.1:{port}"]);
        string id = System.Text.Encoding.ASCII.GetString(backend.Told.Single().UniqueId!);
        Texts(connection, "uniqueId").ShouldBe([id]);
        connection.GetProperty("bytesIn").GetInt64().ShouldBe(5);
        string table = (await proxy.RunAsync("connections", "--client", "203.0.113.7")).Out;
        table.ShouldContain("TOLD-BY");
        table.ShouldContain(client.Socket.LocalEndPoint!.ToString()!);
        table.ShouldContain(id);

        var service = (await proxy.AskAsync("list")).GetProperty("services").EnumerateArray().Single();
        Texts(service, "proxyProtocol", "proxyV2Options", "acceptProxyProtocol").ShouldBe(["v2", "service-name", "127.0.0.5/32"]);
        (await proxy.RunAsync("list", "-o", "wide")).Out.ShouldContain("from 127.0.0.5/32, to endpoints: v2");
        string explained = (await proxy.RunAsync("explain", "web", "--from", "127.0.0.5")).Out;
        explained.ShouldContain("endpoints are told the client by v2 with service-name");
        explained.ShouldContain("connections of 127.0.0.5/32 begin with a header, or are reset");
        explained.ShouldContain("as a listed load balancer it must begin with a PROXY protocol header");
    }

    private static IEnumerable<string?> Texts(JsonElement element, params string[] names) => names.Select(name => element.GetProperty(name).GetString());
}
