using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using UserProxy.Linux.Host;

namespace UserProxy.App.Run;

/// <summary>
/// Keeps two runs from serving one node: the <see cref="NamespaceLock"/> of the admin socket's path. Its scope is the network namespace, as that of the ports.
/// Taken by <see cref="StartRight"/>.
/// </summary>
internal sealed class InstanceLock : IDisposable
{
    private readonly NamespaceLock? _taken;

    private InstanceLock(NamespaceLock? taken) => _taken = taken;

    /// <summary>For a successor; null where there is no lock.</summary>
    public SafeHandle? Handle => _taken?.Handle;

    /// <summary>One that was handed over.</summary>
    public static InstanceLock Of(NamespaceLock shared) => new(shared);

    /// <summary>Null, and said, when another process holds the lock of <paramref name="adminSocket"/>, or none can be had.</summary>
    public static InstanceLock? TryTake(string adminSocket, ILogger log, TimeProvider time)
    {
        if (TryTake(adminSocket, log, time, out var taken, out var holder) && taken is null) log.AlreadyRunning(holder.ToString(), adminSocket);
        return taken;
    }

    /// <summary>False, and said, when nobody can know. Without abstract sockets (not Linux) there is no lock.</summary>
    /// <param name="adminSocket">Whose lock.</param>
    /// <param name="log">Told of failures.</param>
    /// <param name="time">Measures patience.</param>
    /// <param name="taken">Null when another process holds it.</param>
    /// <param name="holder">Who that is.</param>
    public static bool TryTake(string adminSocket, ILogger log, TimeProvider time, out InstanceLock? taken, out LockHolder holder)
    {
        (taken, holder) = (null, default);
        if (!OperatingSystem.IsLinux())
        {
            taken = new InstanceLock(null);
            return true;
        }

        string path = Path.GetFullPath(adminSocket);
        // Only the owner of that folder can have an admin socket in it: a service's own user, seen by root.
        int? owner = FileOwner.Of(Path.GetDirectoryName(path) ?? path);
        try
        {
            if (NamespaceLock.TryTake(NameOf(path), other => other.Uid == owner, time, out holder) is { } free) taken = new InstanceLock(free);
            return true;
        }
        catch (IOException e)
        {
            log.InstanceLockFailed(e.Message);
            return false;
        }
    }

    /// <summary>Some process of this network namespace has it.</summary>
    public static bool IsHeld(string adminSocket) => OperatingSystem.IsLinux() && NamespaceLock.IsHeld(NameOf(Path.GetFullPath(adminSocket)));

    /// <summary>Whether it is the lock of <paramref name="adminSocket"/>.</summary>
    public static bool IsOf(string adminSocket, NamespaceLock shared) => shared.IsNamed(NameOf(Path.GetFullPath(adminSocket)));

    private static string NameOf(string path) => $"userproxy:{path}";

    public void Dispose() => _taken?.Dispose();
}
