using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace UserProxy.App.Hosting;

/// <summary>
/// Keeps two runs from serving one node: an abstract Unix socket (unix(7)) that is bound, never listened on. Its scope is the network
/// namespace, as that of the ports; it vanishes with the process, however that ends, and needs no writable disk.
/// </summary>
internal sealed class InstanceLock : IDisposable
{
    // sun_path has 108 bytes, the leading NUL of an abstract name included.
    private const int LongestName = 107;

    private readonly Socket? _socket;

    private InstanceLock(Socket? socket) => _socket = socket;

    /// <summary>Null when another process holds the lock of <paramref name="adminSocket"/>. Without abstract sockets (not Linux) there is no lock.</summary>
    public static InstanceLock? TryTake(string adminSocket)
    {
        if (!OperatingSystem.IsLinux()) return new InstanceLock(null);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint('\0' + NameOf(adminSocket)));
            return new InstanceLock(socket);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            if (e.SocketErrorCode == SocketError.AddressAlreadyInUse) return null;
            throw;
        }
    }

    public void Dispose() => _socket?.Dispose();

    // Readable in `ss -xl` where it fits.
    private static string NameOf(string adminSocket)
    {
        string name = $"userproxy:{Path.GetFullPath(adminSocket)}";
        return Encoding.UTF8.GetByteCount(name) <= LongestName ? name : $"userproxy:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))}";
    }
}
