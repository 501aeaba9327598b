using System.Runtime.InteropServices;

namespace UserProxy.Linux.Kernel;

/// <summary>Who this process is, and what it may have.</summary>
internal static unsafe partial class Libc
{
    private const int RLIMIT_NOFILE = 7, RLIMIT_MEMLOCK = 8;
    private const int AT_FDCWD = -100;
    private const uint STATX_UID = 0x8;

    /// <summary>Whose new files are (credentials(7)): in a container the number that it has there.</summary>
    public static int EffectiveUser() => (int)geteuid();

    public static int Statx(string path, byte* facts) => Result(statx(AT_FDCWD, path, 0, STATX_UID, facts));

    public static int GetDescriptorLimit(ResourceLimit* limit) => Result(getrlimit(RLIMIT_NOFILE, limit));

    /// <summary>Bytes of RLIMIT_MEMLOCK; without a limit more than anybody has.</summary>
    public static ulong LockedMemoryLimit()
    {
        ResourceLimit limit;
        return getrlimit(RLIMIT_MEMLOCK, &limit) == 0 ? limit.Current : ulong.MaxValue;
    }

    public static int SetDescriptorLimit(ResourceLimit* limit) => Result(setrlimit(RLIMIT_NOFILE, limit));

    /// <summary>
    /// Entries of /proc/self/fd. Not by <see cref="Directory"/>, which asks two more questions (stat, lstat) about each: with 10,000 connections a scrape would
    /// spend most of its time there.
    /// </summary>
    public static int CountDescriptors()
    {
        nint folder = opendir("/proc/self/fd");
        if (folder == 0) return 0;
        int entries = 0;
        while (readdir(folder) != 0) entries++;
        _ = closedir(folder);
        return entries - 3; // ".", "..", and the folder itself
    }

#pragma warning disable SYSLIB1054, IDE1006 // the C names, as in the man pages
    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint opendir(string name);

    [LibraryImport("libc")]
    private static partial nint readdir(nint folder);

    [LibraryImport("libc")]
    private static partial int closedir(nint folder);

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int folder, string path, int flags, uint mask, byte* facts);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getrlimit(int resource, ResourceLimit* limit);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setrlimit(int resource, ResourceLimit* limit);
#pragma warning restore SYSLIB1054, IDE1006
}

/// <summary>struct rlimit of getrlimit(2) on 64-bit systems.</summary>
internal struct ResourceLimit
{
    public ulong Current;
    public ulong Maximum;
}
