using System.Net;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.App.Tests.Servers.Http;

/// <summary>A crowd at one of the health ports of a whole <c>run</c>, which many may reach, beside a load balancer at another.</summary>
public sealed class FloodedHealthPortTests : IDisposable
{
    /// <summary>More than all ports together have places for.</summary>
    private const int Crowd = 600;

    /// <summary>Of the crowd, one that came surely after the client, and that has to go soon after it where they share their places.</summary>
    private const int Later = 30;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CrowdThatSaysNothing_AtTheOther_ClientIsAnswered(bool atTheService)
    {
        int healthz = FreePort.Next(), check = FreePort.Next();
        string manifest = _folder.Write("a.yaml", $$"""
            apiVersion: v1
            kind: Service
            metadata: {name: web, namespace: default}
            spec: {type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: {{check}}, ports: [{port: 80, nodePort: {{FreePort.Next()}}}]}

            """);
        using var stop = new CancellationTokenSource();
        var run = new Cli().RunUntilAsync(
            stop.Token, "run", "--manifests", manifest, "--admin-socket", Path.Combine(_folder.Path, "a.sock"), "--cluster-ips", "off",
            "--healthz-bind-address", $"127.0.0.1:{healthz}", "--metrics-bind-address", "off", "--drain-timeout", "0s");
        try
        {
            await Eventually.IsTrue(() => TryConnect(check) is { } client && Close(client), "the check is answered");
            // Once more where the machine stood still for as long as a client without a question is kept.
            await Eventually.IsTrue(() => OutlivesACrowdAsync(atTheService ? healthz : check, atTheService ? check : healthz), "the client keeps its place");
        }
        finally
        {
            await stop.CancelAsync();
            await run;
        }
    }

    private static async Task<bool> OutlivesACrowdAsync(int port, int flooded)
    {
        var crowd = new List<Socket>();
        try
        {
            using var client = TryConnect(port)!;
            while (crowd.Count < Crowd) crowd.Add(TryConnect(flooded)!);
            await HasToGoAsync(crowd[Later]);
            await client.SendAsync("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
            byte[] answer = new byte[16];
            return await client.ReceiveAsync(answer, TestContext.Current.CancellationToken) > 0;
        }
        catch (SocketException)
        {
            return false;
        }
        finally
        {
            foreach (var one in crowd) one.Dispose();
        }
    }

    private static async Task HasToGoAsync(Socket one)
    {
        try
        {
            await one.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken);
        }
        catch (SocketException)
        {
            // Reset.
        }
    }

    private static Socket? TryConnect(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(IPAddress.Loopback, port);
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
    }

    private static bool Close(Socket socket)
    {
        socket.Dispose();
        return true;
    }
}
