using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace UserProxy.App.Servers.Http;

/// <summary>A listening socket of a server of the process, for a successor.</summary>
/// <param name="At">An IP address and port, or a path.</param>
/// <param name="IsOfNode">The second one at its address, for what comes over the loopback link (docs/decisions/0062).</param>
/// <param name="Socket">Stays its server's.</param>
internal readonly record struct HandedPort(EndPoint At, bool IsOfNode, SafeHandle Socket);

/// <summary>
/// Listening sockets of a predecessor's servers, until ours take them: the same as <see cref="UserProxy.Serving.InheritedSockets"/> for those of Services.
/// </summary>
internal sealed class InheritedPorts : IDisposable
{
    private readonly Lock _lock = new();

    /// <summary>By text: .NET compares paths by it, too.</summary>
    private readonly Dictionary<(string At, bool IsOfNode), SafeHandle> _sockets = [];

    public void Add(EndPoint at, bool isOfNode, SafeHandle socket)
    {
        lock (_lock)
        {
            if (!_sockets.TryAdd((at.ToString()!, isOfNode), socket)) socket.Dispose();
        }
    }

    /// <summary>In LISTEN, with clients in its queue maybe; null when there is none.</summary>
    public Socket? Take(EndPoint at, bool isOfNode = false)
    {
        lock (_lock)
        {
            if (!_sockets.Remove((at.ToString()!, isOfNode), out var socket)) return null;
            var taken = new Socket(new SafeSocketHandle(socket.DangerousGetHandle(), ownsHandle: true));
            socket.SetHandleAsInvalid();
            return taken;
        }
    }

    public bool Has(EndPoint at)
    {
        lock (_lock) return _sockets.ContainsKey((at.ToString()!, false));
    }

    /// <summary>At any address.</summary>
    public bool HasPort(int port)
    {
        string ending = string.Create(CultureInfo.InvariantCulture, $":{port}");
        lock (_lock) return _sockets.Keys.Any(key => key.At.EndsWith(ending, StringComparison.Ordinal));
    }

    /// <summary>Closes what none of our servers is to answer on: nobody would.</summary>
    public void KeepOnly(IEnumerable<EndPoint> wanted)
    {
        var kept = wanted.Select(at => at.ToString()!).ToHashSet();
        lock (_lock)
        {
            foreach (var key in _sockets.Keys.Where(key => !kept.Contains(key.At)).ToList())
            {
                _sockets[key].Dispose();
                _sockets.Remove(key);
            }
        }
    }

    public void Dispose() => KeepOnly([]);
}
