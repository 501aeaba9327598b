using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace UserProxy.Linux.Host;

/// <summary>
/// A lock of one process in a network namespace, with or without a common file system: an abstract Unix socket (unix(7)) that listens. Its name ends in a
/// random number, so that nobody can take it beforehand; whoever wants the lock finds the others in /proc/net/unix, and asks the kernel whose they are: those
/// of users that it need not believe are passed over. It ends with the process (docs/decisions/0035). Taken by the executable's InstanceLock and by virtual
/// IPs.
/// </summary>
public sealed class NamespaceLock : IDisposable
{
    // sun_path has 108 bytes, the leading NUL of an abstract name included.
    private const int LongestName = 107, Digits = 16;

    /// <summary>Of those that ask at once. Somebody may ask without end, to keep others from asking: so they are also taken.</summary>
    private const int Backlog = 1024;

    /// <summary>For all whose queue is full. What is only made to look like ours must not hold up a start for long.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Socket _socket;
    private readonly TimeProvider _time;

    private NamespaceLock(Socket socket, TimeProvider time) => (_socket, _time) = (socket, time);

    /// <summary>Null when another process holds it. The namespace is that of the calling thread.</summary>
    /// <param name="name">Of the lock; readable in <c>ss -xl</c> where it fits.</param>
    /// <param name="believes">Whose lock counts besides that of this user and of root.</param>
    /// <param name="time">Measures patience.</param>
    /// <param name="holder">Who holds it, when the result is null.</param>
    /// <exception cref="IOException">The system denies it: a security module, no /proc, or no descriptor is left.</exception>
    public static NamespaceLock? TryTake(string name, Predicate<LockHolder> believes, TimeProvider time, out LockHolder holder)
    {
        string prefix = Prefix(name);
        // A Guid is as random, from the kernel (getrandom(2)); RandomNumberGenerator loads OpenSSL first, which nothing else at a start needs.
        string own = prefix + Guid.NewGuid().ToString("N")[^Digits..];
        Socket? socket = null;
        try
        {
            // Listens before it looks: of two that start at once, at least the later sees the other.
            socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Bind(new UnixDomainSocketEndPoint('\0' + own));
            socket.Listen(Backlog);
            if (FindOther(prefix, own, believes, time) is { } other)
            {
                holder = other;
                return null;
            }

            var taken = new NamespaceLock(socket, time);
            socket = null;
            holder = default;
            _ = taken.AcceptAsync();
            return taken;
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException)
        {
            throw new IOException($"an abstract Unix socket cannot be had, or /proc/net/unix cannot be read: {e.Message}", e);
        }
        finally
        {
            socket?.Dispose();
        }
    }

    /// <summary>Some process holds it, of whatever user. For those who only look: nothing is taken, not even for a moment.</summary>
    public static bool IsHeld(string name) => Names(Prefix(name)).Any(held => HolderOf(held, Patience) is not null);

    /// <summary>For a successor: whoever has it, too, holds the lock.</summary>
    public SafeHandle Handle => _socket.SafeHandle;

    /// <summary>A lock that another process has, and keeps until it ends; <paramref name="socket"/> becomes the lock's.</summary>
    public static NamespaceLock Share(SafeHandle socket, TimeProvider time)
    {
        var shared = new NamespaceLock(new Socket(new SafeSocketHandle(socket.DangerousGetHandle(), ownsHandle: true)), time);
        socket.SetHandleAsInvalid();
        _ = shared.AcceptAsync();
        return shared;
    }

    /// <summary>By what the kernel says: a lock that another process has given may be any.</summary>
    public bool IsNamed(string name) => _socket.LocalEndPoint?.ToString()?.StartsWith('@' + Prefix(name), StringComparison.Ordinal) is true;

    /// <summary>Whoever asks who holds it is told of this process from now on (listen(2) sets SO_PEERCRED of those who connect).</summary>
    public void SetHolder()
    {
        try
        {
            _socket.Listen(Backlog);
        }
        catch (ObjectDisposedException)
        {
            // Given back, as it is of no use here.
        }
    }

    public void Dispose() => _socket.Dispose();

    private static string Prefix(string name) =>
        Encoding.UTF8.GetByteCount(name) + 1 + Digits <= LongestName && !name.Any(char.IsControl)
            ? $"{name}:"
            : $"{name.Split(':')[0]}:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))}:";

    private static LockHolder? FindOther(string prefix, string own, Predicate<LockHolder> believes, TimeProvider time)
    {
        long began = time.GetTimestamp();
        // The end of one's own socket tells one's own user.
        int user = HolderOf(own, Patience) is { } self ? self.Uid : throw new IOException("its own socket does not answer");
        foreach (string name in Names(prefix))
        {
            if (name != own && HolderOf(name, Patience - time.GetElapsedTime(began)) is { } found
                && (found.Uid == user || found.Uid == LockHolder.Root || believes(found))) return found;
        }

        return null;
    }

    /// <summary>
    /// Abstract names, which the kernel writes with an @ for the NUL (proc(5)). Of the thread: it may be in another namespace than its process.
    /// </summary>
    private static IEnumerable<string> Names(string prefix)
    {
        foreach (string line in File.ReadLines("/proc/thread-self/net/unix"))
        {
            int at = line.IndexOf('@', StringComparison.Ordinal);
            if (at >= 0 && line.AsSpan(at + 1).StartsWith(prefix, StringComparison.Ordinal)) yield return line[(at + 1)..];
        }
    }

    /// <summary>Null when nobody listens: it has ended, or has not yet looked and will see us.</summary>
    private static LockHolder? HolderOf(string name, TimeSpan patience)
    {
        using var question = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        // How long connect(2) waits for a place in a full queue; not at all when patience is spent.
        if (patience > TimeSpan.FromMilliseconds(1)) question.SendTimeout = (int)Math.Min(patience.TotalMilliseconds, 200);
        else question.Blocking = false;
        try
        {
            question.Connect(new UnixDomainSocketEndPoint('\0' + name));
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            return null;
        }

        return LockHolder.Of(question);
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                (await _socket.AcceptAsync()).Dispose();
            }
            catch (Exception e) when (e is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
            {
                return;
            }
            catch (SocketException)
            {
                // Out of descriptors: the queue holds those who ask.
                await Task.Delay(TimeSpan.FromSeconds(1), _time);
            }
        }
    }
}
