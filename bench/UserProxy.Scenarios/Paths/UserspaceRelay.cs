using System.Net;
using System.Net.Sockets;

namespace UserProxy.Scenarios.Paths;

/// <summary>
/// The TCP half of kube-proxy's old userspace mode (removed in 1.26), habit by habit: it dials in the accept loop, with four tries and growing patience;
/// two copies a connection, one each way; the end of either closes both sockets.
/// </summary>
/// <param name="endpoints">In the order of the round.</param>
internal sealed class UserspaceRelay(IReadOnlyList<IPEndPoint> endpoints)
{
    /// <summary>Of Go's io.Copy.</summary>
    private const int BufferSize = 32 << 10;

    private static readonly TimeSpan[] Patience = [
        TimeSpan.FromMilliseconds(250), TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2)];

    private int _next;

    /// <summary>Until the listener is closed.</summary>
    public async Task AcceptLoopAsync(Socket listener)
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await listener.AcceptAsync();
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.OperationAborted)
            {
                return;
            }
            catch (ObjectDisposedException)
            {
                return;
            }

            // As it was: nobody else is accepted meanwhile.
            if (await DialAsync() is not { } server)
            {
                client.Dispose();
                continue;
            }

            client.NoDelay = server.NoDelay = true; // Go's default
            _ = CopyAsync(client, server);
            _ = CopyAsync(server, client);
        }
    }

    /// <summary>Null when every try has failed.</summary>
    private async Task<Socket?> DialAsync()
    {
        foreach (var patience in Patience)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            using var limit = new CancellationTokenSource(patience);
            try
            {
                await socket.ConnectAsync(endpoints[_next++ % endpoints.Count], limit.Token);
                return socket;
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                socket.Dispose();
            }
        }

        return null;
    }

    private static async Task CopyAsync(Socket from, Socket to)
    {
        var buffer = new byte[BufferSize];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var length)
            {
                for (int sent = 0; sent < length;) sent += await to.SendAsync(buffer.AsMemory(sent, length - sent));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The other copy has closed both, or either side has gone.
        }

        Close(to);
        Close(from);
    }

    /// <summary>As Go does: by FIN. .NET resets a connection that is closed while somebody receives from it.</summary>
    private static void Close(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is closed, or was never more than half open.
        }

        socket.Dispose();
    }
}
