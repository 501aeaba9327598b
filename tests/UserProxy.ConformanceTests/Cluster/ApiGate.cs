using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Cluster;

namespace UserProxy.ConformanceTests.Cluster;

/// <summary>
/// The way of a node's proxy to the API server: a port on the node's loopback that is relayed byte by byte, as the node's namespace reaches nothing but the
/// test's network. TLS goes through it unread. Can be shut, as if the API server were being restarted.
/// </summary>
internal sealed class ApiGate : IAsyncDisposable
{
    private readonly Host _node;
    private readonly DnsEndPoint _server;
    private readonly ConcurrentDictionary<Socket, bool> _open = [];
    private Socket? _listener;
    private Task _accepting = Task.CompletedTask;

    public ApiGate(Host node, Uri server)
    {
        _node = node;
        _server = new DnsEndPoint(server.DnsSafeHost, server.Port);
        Open();
    }

    public const int Port = 6443;

    public void Open()
    {
        _listener = _node.Listen(IPAddress.Loopback, Port);
        _accepting = AcceptAsync(_listener);
    }

    /// <summary>Nobody gets in, and who is in is cut off.</summary>
    public async Task ShutAsync()
    {
        _listener!.Dispose();
        await _accepting;
        foreach (var socket in _open.Keys) socket.Dispose();
    }

    public async ValueTask DisposeAsync() => await ShutAsync();

    private async Task AcceptAsync(Socket listener)
    {
        try
        {
            while (true) _ = RelayAsync(await listener.AcceptAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Shut.
        }
    }

    private async Task RelayAsync(Socket client)
    {
        var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        _open[client] = _open[server] = true;
        try
        {
            await server.ConnectAsync(_server);
            await using var near = new NetworkStream(client);
            await using var far = new NetworkStream(server);
            // The end of either is the end of both: TLS says by itself what half an end would.
            await Task.WhenAny(near.CopyToAsync(far), far.CopyToAsync(near));
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException)
        {
            // One of them has gone.
        }

        foreach (var socket in (Socket[])[client, server])
        {
            socket.Dispose();
            _open.TryRemove(socket, out _);
        }
    }
}
