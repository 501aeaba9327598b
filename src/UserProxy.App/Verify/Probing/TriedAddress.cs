using System.Net;
using System.Net.Sockets;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin.Messages;

namespace UserProxy.App.Verify.Probing;

/// <summary>How far a connection of this node through one address of the Service came.</summary>
internal enum Reached
{
    /// <summary>An endpoint has it, or has answered on it.</summary>
    Endpoint,

    /// <summary>The proxy accepted and gave it up.</summary>
    Reset,

    /// <summary>The handshake was refused.</summary>
    Refused,

    /// <summary>The handshake had no answer, or no endpoint was found in time.</summary>
    Nothing,

    /// <summary>It was established, and the proxy does not have it: NAT, another process, or a queue that nobody empties.</summary>
    SomebodyElse,

    /// <summary>It could not be tried.</summary>
    NotTried,
}

/// <summary>One connection through an address of the Service, which sends no byte. The proxy itself tells which endpoint it has it at.</summary>
/// <param name="Kind">Of the address, as in <see cref="ListenerItem"/>.</param>
/// <param name="Target">Where it was made to.</param>
/// <param name="Reached">How far it came.</param>
/// <param name="Endpoint">Where the proxy had it; null when that was not seen.</param>
/// <param name="Took">Until that was known.</param>
internal sealed record TriedAddress(string Kind, IPEndPoint Target, Reached Reached, string? Endpoint, TimeSpan Took)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20), LongestPause = TimeSpan.FromMilliseconds(100);

    /// <summary>Long enough for a SYN that is sent again after a second.</summary>
    private static readonly TimeSpan Handshake = TimeSpan.FromSeconds(1.5);

    /// <summary>From the handshake until the proxy knows the connection: on a busy node its accept loop has its turn late.</summary>
    private static readonly TimeSpan Acceptance = TimeSpan.FromSeconds(2);

    /// <param name="kind">Of the address.</param>
    /// <param name="target">An address of the Service.</param>
    /// <param name="service">Whose.</param>
    /// <param name="client">The running proxy.</param>
    /// <param name="patience">For the dials that the proxy makes for it.</param>
    /// <param name="time">Measures and waits.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<TriedAddress> TryAsync(
        string kind, IPEndPoint target, ServiceRef service, AdminClient client, TimeSpan patience, TimeProvider time, CancellationToken cancellation)
    {
        long began = time.GetTimestamp();
        try
        {
            using var socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            using (var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation))
            {
                limit.CancelAfter(Handshake);
                await socket.ConnectAsync(target, limit.Token);
            }

            var (reached, endpoint) = await FollowAsync(socket, service, client, patience, time, cancellation);
            return new(kind, target, reached, endpoint, time.GetElapsedTime(began));
        }
        catch (SocketException e)
        {
            var reached = e.SocketErrorCode switch
            {
                SocketError.ConnectionRefused => Reached.Refused,
                SocketError.TimedOut or SocketError.HostUnreachable or SocketError.NetworkUnreachable => Reached.Nothing,
                SocketError.ConnectionReset => Reached.Reset,
                _ => Reached.NotTried,
            };
            return new(kind, target, reached, null, time.GetElapsedTime(began));
        }
        catch (OperationCanceledException)
        {
            return new(kind, target, Reached.Nothing, null, time.GetElapsedTime(began));
        }
    }

    private static async Task<(Reached Reached, string? Endpoint)> FollowAsync(
        Socket socket, ServiceRef service, AdminClient client, TimeSpan patience, TimeProvider time, CancellationToken cancellation)
    {
        var own = (IPEndPoint)socket.LocalEndPoint!;
        socket.Blocking = false;
        byte[] buffer = new byte[4096];
        long began = time.GetTimestamp();
        bool known = false;
        for (var pause = Pause; ; pause = pause * 2 > LongestPause ? LongestPause : pause * 2)
        {
            var item = await FindAsync(own, service, client, cancellation);
            known |= item is not null;
            if (item is { State: "Established" or "HalfClosed" }) return (Reached.Endpoint, item.Endpoint);
            // A proxy ends what it cannot serve by a reset: bytes and a FIN are an endpoint's.
            if (Listen(socket, buffer) is { } ended) return (ended, item?.Endpoint);
            var waited = time.GetElapsedTime(began);
            if (!known && waited > Acceptance) return (Reached.SomebodyElse, null);
            if (waited > patience) return (Reached.Nothing, item?.Endpoint);
            await Task.Delay(pause, time, cancellation);
        }
    }

    /// <summary>Null while nothing has come.</summary>
    private static Reached? Listen(Socket socket, byte[] buffer)
    {
        try
        {
            socket.Receive(buffer);
            return Reached.Endpoint;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.WouldBlock ? null : Reached.Reset;
        }
    }

    private static async Task<ConnectionItem?> FindAsync(IPEndPoint own, ServiceRef service, AdminClient client, CancellationToken cancellation)
    {
        string name = Uri.EscapeDataString($"{service.Namespace}/{service.Name}");
        using var json = await client.GetAsync($"/v1/connections?service={name}&client={Uri.EscapeDataString(own.Address.ToString())}", cancellation);
        return client.Read(json, AdminJson.Default.ConnectionList).Connections.FirstOrDefault(
            item => IPEndPoint.TryParse(item.Client, out var at) && at.Port == own.Port && at.Address.Equals(own.Address));
    }
}
