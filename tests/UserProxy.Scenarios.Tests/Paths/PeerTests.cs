using System.Net;
using System.Text.Json.Nodes;
using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Paths;

namespace UserProxy.Scenarios.Tests.Paths;

/// <summary>Which program of a peer is measured, and what it is told.</summary>
public sealed class PeerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("userproxy-peers-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("HAProxy version 3.2.4-1 2026/10/17 - https://haproxy.org/", "3.2.4")]
    [InlineData("nginx version: nginx/1.28.0", "1.28.0")]
    [InlineData("envoy  version: 2d6cd0d4d/1.40.0/Clean/RELEASE/BoringSSL", "1.40.0")]
    [InlineData("?", "")]
    public void Version_IsTheNumberInWhatItSays(string said, string expected) => Tool.NumberOf(said).ShouldBe(expected);

    [Fact]
    public async Task NamedProgram_IsTheOneThatIsAsked()
    {
        string file = Make("haproxy", "#!/bin/sh\necho HAProxy version 9.8.7\n");
        var path = new HAProxyPath(Settings("haproxy", file));

        path.Peer.Program.ShouldBe(file);
        path.Needs.ShouldBe([path.Peer]);
        path.Peer.IsInstalled.ShouldBeTrue();
        path.Peer.Label.ShouldBe("haproxy (--program)");
        (await path.Peer.VersionAsync(TestContext.Current.CancellationToken)).ShouldBe("HAProxy version 9.8.7");
        new HAProxyPath(new RunSettings { Out = "" }).Peer.ShouldBe(Tool.HAProxy);
    }

    /// <summary>Another build's module is not this one's; where none lies beside it, it is built in.</summary>
    [Fact]
    public void NamedNginx_BringsItsOwnModule_OrNone()
    {
        string file = Make("sbin/nginx", "");
        NginxPath.Stream(file).File.ShouldBeNull();

        string module = Make("lib/nginx/modules/ngx_stream_module.so", "");
        Path.GetFullPath(NginxPath.Stream(file).File.ShouldNotBeNull()).ShouldBe(module);

        NginxPath.Stream(null).ShouldBe(Tool.NginxStream);
    }

    [Fact]
    public void Programs_AreNamesAndFiles()
    {
        string file = Make("haproxy", "");

        BenchCommand.Pairs([$"haproxy={file}"], out var programs).ShouldBeNull();
        programs.ShouldBe(new Dictionary<string, string> { ["haproxy"] = file });
        BenchCommand.Pairs(["haproxy"], out _).ShouldBe("--program: haproxy is not NAME=FILE");
        BenchCommand.Pairs([$"socat={file}"], out _).ShouldBe("--program: no peer socat; there are haproxy, nginx, envoy");
        BenchCommand.Pairs(["nginx=/nowhere"], out _).ShouldBe("--program: there is no file /nowhere");
        BenchCommand.Pairs(null, out programs).ShouldBeNull();
        programs.ShouldBeEmpty();
    }

    [Fact]
    public void Envoy_HasAListenerAndAClusterForEachService()
    {
        var service = new Service("web", [IPEndPoint.Parse("10.77.2.11:80"), IPEndPoint.Parse("10.77.2.12:80")]) { NodePort = 30001 };

        var all = JsonNode.Parse(EnvoyPath.Configuration([service]))!["static_resources"]!;

        var listener = all["listeners"]!.AsArray().Single()!;
        listener["address"]!["socket_address"]!["port_value"]!.GetValue<int>().ShouldBe(30001);
        listener["filter_chains"]![0]!["filters"]![0]!["typed_config"]!["cluster"]!.GetValue<string>().ShouldBe("web");
        var cluster = all["clusters"]!.AsArray().Single()!;
        cluster["name"]!.GetValue<string>().ShouldBe("web");
        cluster["load_assignment"]!["endpoints"]![0]!["lb_endpoints"]!.AsArray()
            .Select(endpoint => endpoint!["endpoint"]!["address"]!["socket_address"]!["address"]!.GetValue<string>()).ShouldBe(["10.77.2.11", "10.77.2.12"]);
    }

    private static RunSettings Settings(string name, string file) => new() { Out = "", Programs = new Dictionary<string, string> { [name] = file } };

    private string Make(string name, string text)
    {
        string file = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
        File.SetUnixFileMode(file, (UnixFileMode)0b111_101_101);
        return file;
    }
}
