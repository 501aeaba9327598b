using Microsoft.Extensions.Logging;
using UserProxy.Linux.Host;

namespace UserProxy.App.Run;

/// <summary>
/// Keeps two runs from serving one node: the <see cref="NamespaceLock"/> of the admin socket's path. Its scope is the network namespace, as that of the ports.
/// Taken first by <see cref="NodeAgent"/>.
/// </summary>
internal sealed class InstanceLock : IDisposable
{
    private readonly NamespaceLock? _taken;

    private InstanceLock(NamespaceLock? taken) => _taken = taken;

    /// <summary>
    /// Null, and said, when another process holds the lock of <paramref name="adminSocket"/>. Without abstract sockets (not Linux) there is no lock.
    /// </summary>
    public static InstanceLock? TryTake(string adminSocket, ILogger log, TimeProvider time)
    {
        if (!OperatingSystem.IsLinux()) return new InstanceLock(null);
        string path = Path.GetFullPath(adminSocket);
        // Only the owner of that folder can have an admin socket in it: a service's own user, seen by root.
        int? owner = FileOwner.Of(Path.GetDirectoryName(path) ?? path);
        try
        {
            if (NamespaceLock.TryTake($"userproxy:{path}", other => other.Uid == owner, time, out var holder) is { } taken) return new InstanceLock(taken);
            log.AlreadyRunning(holder.ToString(), adminSocket);
        }
        catch (IOException e)
        {
            log.InstanceLockFailed(e.Message);
        }

        return null;
    }

    public void Dispose() => _taken?.Dispose();
}
