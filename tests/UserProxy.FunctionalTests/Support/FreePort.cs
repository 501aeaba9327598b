using System.Net;
using System.Net.Sockets;

namespace UserProxy.FunctionalTests.Support;

/// <summary>Ports that nothing uses, below the ephemeral range, so that no client's socket takes them in between.</summary>
internal static class FreePort
{
    private const int First = 20_000;
    private const int Last = 29_999;
    private static int LastGiven = First + Random.Shared.Next(Last - First);

    public static int Next()
    {
        for (int tries = 0; tries < Last - First; tries++)
        {
            int port = First + (Interlocked.Increment(ref LastGiven) % (Last - First));
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                probe.Bind(new IPEndPoint(IPAddress.Any, port));
                return port;
            }
            catch (SocketException)
            {
                // Taken: the next one.
            }
        }

        throw new InvalidOperationException("no free port");
    }
}
