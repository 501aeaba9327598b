using System.Net;
using Microsoft.AspNetCore.Connections;
using UserProxy.Policy;

namespace UserProxy.App.Servers.Http;

/// <summary>
/// Tells clients of the node itself (the kubelet) from others, by their address. Nobody else can finish a handshake from one of the node's: the kernel drops
/// packets that come from outside with it. Asked by the accept loops of <see cref="HttpPorts"/>.
/// </summary>
/// <param name="read">The addresses of the node's interfaces; milliseconds on a node with many Pods.</param>
/// <param name="time">Says when they are read again.</param>
internal sealed class NodeClients(Func<IReadOnlyCollection<IPAddress>> read, TimeProvider time)
{
    private static readonly TimeSpan KnownFor = TimeSpan.FromSeconds(30);

    private volatile HashSet<IPAddress> _addresses = [];
    private long? _readAt;

    public bool Has(ConnectionContext connection)
    {
        if (connection.RemoteEndPoint is not IPEndPoint remote || connection.LocalEndPoint is not IPEndPoint local) return false;
        var address = Plain(remote.Address);
        if (IPAddress.IsLoopback(address) || address.Equals(Plain(local.Address))) return true;
        RefreshIfOld();
        return _addresses.Contains(address);
    }

    /// <summary>In the background: an accept loop does not wait for it, so the first to come after a change is taken for a stranger.</summary>
    private void RefreshIfOld()
    {
        lock (read)
        {
            if (_readAt is { } at && time.GetElapsedTime(at) < KnownFor) return;
            _readAt = time.GetTimestamp();
        }

        ThreadPool.QueueUserWorkItem(_ => Refresh());
    }

    private void Refresh()
    {
        try
        {
            _addresses = [.. read()];
        }
        catch (Exception e) when (InterfaceAddresses.AreUnreadable(e))
        {
            // What was known stays until the next time.
        }
    }

    /// <summary>A socket of both families gives IPv4 clients as ::ffff:a.b.c.d.</summary>
    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
