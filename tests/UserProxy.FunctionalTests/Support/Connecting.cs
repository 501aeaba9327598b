using System.Net;
using System.Net.Sockets;

namespace UserProxy.FunctionalTests.Support;

/// <summary>What a client meets that tries to connect.</summary>
internal static class Connecting
{
    public enum Outcome
    {
        Connected,

        /// <summary>An RST: to the SYN, or right after the handshake.</summary>
        Refused,

        /// <summary>No answer, and the kernel has sent the SYN again at least once: it was not lost by chance.</summary>
        Silence,
    }

    /// <summary>Connects a fresh <paramref name="client"/> and disposes it. Silence is seen in the kernel's counters, not by a clock.</summary>
    public static async Task<Outcome> TryAsync(Socket client, IPEndPoint to, IPAddress? from = null)
    {
        using (client)
        {
            if (from is not null) client.Bind(new IPEndPoint(from, 0));
            var connecting = client.ConnectAsync(to);
            try
            {
                await Eventually.IsTrue(() => connecting.IsCompleted || Retransmits(client) > 0, "the client is answered, or sends its SYN again");
                if (!connecting.IsCompleted) return Outcome.Silence;
                await connecting;
                // A reset that follows the handshake is on its way before the proxy would have dialled.
                using var patience = new CancellationTokenSource(Eventually.Patience);
                await client.SendAsync(new byte[] { 1 }, patience.Token);
                return await client.ReceiveAsync(new byte[1], patience.Token) == 1 ? Outcome.Connected : Outcome.Refused;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionRefused or SocketError.ConnectionReset or SocketError.Shutdown)
            {
                return Outcome.Refused;
            }
            finally
            {
                client.Dispose();
                await connecting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    public static Task<Outcome> TryAsync(IPEndPoint to, IPAddress? from = null) =>
        TryAsync(new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp), to, from);

    /// <summary>tcpi_retransmits of struct tcp_info (linux/tcp.h): the third byte.</summary>
    public static int Retransmits(Socket socket)
    {
        Span<byte> info = stackalloc byte[104];
        socket.GetRawSocketOption(6, 11, info);
        return info[2];
    }
}
