using System.Net;
using System.Net.Sockets;

namespace UserProxy.FakeApiServer;

/// <summary>How a server is, for its whole life.</summary>
public sealed record ServerSettings
{
    /// <summary>0 for any that is free.</summary>
    public int Port { get; init; }

    /// <summary>HTTP/1.1 only when false.</summary>
    public bool Http2 { get; init; } = true;

    /// <summary>
    /// A page of a list holds no more, whatever is asked. Without it pages are as long as is asked, and, as from a real server's watch cache, there are none
    /// where version 0 is asked for.
    /// </summary>
    public int? MaxPage { get; init; }

    /// <summary>After each start every request is answered with 403 for so long, as a server does that has not read its roles yet.</summary>
    public TimeSpan WarmUp { get; init; }

    /// <summary>How the server connects to a Pod for the subresource <c>proxy</c>: as this process does, unless its Pods are elsewhere.</summary>
    public Func<IPEndPoint, CancellationToken, ValueTask<Stream>> ReachPod { get; init; } = async (address, stop) =>
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(address, stop);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    };

    /// <summary>A minute in a real server.</summary>
    public TimeSpan BookmarkInterval { get; init; } = TimeSpan.FromMinutes(1);
}
