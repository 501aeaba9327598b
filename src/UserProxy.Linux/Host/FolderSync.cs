using UserProxy.Linux.Kernel;

namespace UserProxy.Linux.Host;

/// <summary>
/// Makes the names in a folder outlive a power cut (fsync(2)); .NET does so for what is in files alone. Called by the executable when it has put its snapshot
/// in place.
/// </summary>
public static class FolderSync
{
    /// <exception cref="IOException">The folder cannot be opened, or its disk does not take it.</exception>
    public static void ToDisk(string path)
    {
        int folder = Libc.Open(path);
        if (folder < 0) throw new IOException($"the folder {path} cannot be opened (errno {-folder})");
        int synced = Libc.Sync(folder);
        _ = Libc.Close(folder);
        // EINVAL: a file system that has nothing to do for it.
        if (synced < 0 && synced != -Errno.EINVAL) throw new IOException($"the folder {path} cannot be written to its disk (errno {-synced})");
    }
}
