using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using UserProxy.FunctionalTests.Support;
using UserProxy.Model;

namespace UserProxy.FunctionalTests.ProxyProtocol;

/// <summary>Real programs that speak the PROXY protocol, each one process on a port of loopback.</summary>
internal sealed class HeaderPeer : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly Tool _process;

    private HeaderPeer(DirectoryInfo folder, Tool process, int port)
    {
        _folder = folder;
        _process = process;
        Port = port;
    }

    public int Port { get; }

    public IPEndPoint EndPoint => new(IPAddress.Loopback, Port);

    public Endpoint Endpoint => new(IPAddress.Loopback, Port);

    /// <summary>nginx, which takes a header of either version and answers with the client that it was told.</summary>
    public static Task<HeaderPeer> NginxAsync() => StartAsync("nginx", (folder, port) => $$"""
        daemon off;
        master_process off;
        pid {{folder}}/pid;
        error_log {{folder}}/error;
        events { }
        http { access_log off; server { listen 127.0.0.1:{{port}} proxy_protocol; location / { return 200 "$proxy_protocol_addr:$proxy_protocol_port"; } } }
        """, (folder, file) => ["-e", $"{folder}/error", "-p", folder, "-c", file]);

    /// <summary>HAProxy, which takes a header of either version and answers with the client that it was told, and the unique id.</summary>
    public static Task<HeaderPeer> HAProxyAsync() => HAProxyAsync(port => $"""
        frontend told
          mode http
          bind 127.0.0.1:{port} accept-proxy
          http-request return status 200 content-type text/plain lf-string "%[src]:%[src_port] %[fc_pp_unique_id]"
        """);

    /// <summary>HAProxy that takes a header and passes on what follows it.</summary>
    public static Task<HeaderPeer> HAProxyBeforeAsync(int target) => HAProxyAsync(port => $"""
        listen told
          mode tcp
          bind 127.0.0.1:{port} accept-proxy
          server target 127.0.0.1:{target}
        """);

    /// <summary>HAProxy as a load balancer that tells its clients.</summary>
    /// <param name="target">Whom.</param>
    /// <param name="own">Its own address towards it.</param>
    /// <param name="how"><c>send-proxy</c>, or <c>send-proxy-v2</c> with its options.</param>
    public static Task<HeaderPeer> BalancerAsync(IPEndPoint target, IPAddress own, string how) => HAProxyAsync(port => $"""
        listen balancer
          mode tcp
          unique-id-format balancer-%pid-%rt
          bind 127.0.0.1:{port}
          server target {target} source {own} {how}
        """);

    /// <summary>What an HTTP server behind it answers to a client of that address; it is what the client has to be told as, and the rest.</summary>
    public static async Task<(string Client, string Answer)> GetAsync(IPEndPoint address, IPAddress from)
    {
        using var client = await Peer.ConnectAsync(address, from);
        string own = client.Socket.LocalEndPoint!.ToString()!;
        await client.SendAsync("GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
        string answer = Encoding.ASCII.GetString((await client.ReceiveToEndAsync()).Bytes);
        return (own, answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static Task<HeaderPeer> HAProxyAsync(Func<int, string> section) => StartAsync("haproxy", (_, port) => $"""
        global
          nbthread 1
        defaults
          timeout connect 5s
          timeout client 1m
          timeout server 1m
        {section(port)}

        """, (_, file) => ["-db", "-f", file]);

    private static async Task<HeaderPeer> StartAsync(string program, Func<string, int, string> configuration, Func<string, string, string[]> arguments)
    {
        Tool.SkipUnlessInstalled(program);
        var folder = Directory.CreateTempSubdirectory(string.Create(CultureInfo.InvariantCulture, $"userproxy-{program}-"));
        int port = FreePort.Next();
        string file = Path.Combine(folder.FullName, "conf");
        await File.WriteAllTextAsync(file, configuration(folder.FullName, port));
        var peer = new HeaderPeer(folder, Tool.Start(program, arguments(folder.FullName, file)), port);
        try
        {
            await Eventually.IsTrue(() => ListensAsync(port), $"{program} listens");
            return peer;
        }
        catch
        {
            await peer.DisposeAsync();
            throw;
        }
    }

    private static async Task<bool> ListensAsync(int port)
    {
        try
        {
            (await Peer.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port))).Dispose();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
