using System.Buffers.Text;
using Microsoft.Win32.SafeHandles;

namespace UserProxy.Linux.Host;

/// <summary>
/// The account that the kernel keeps for the limit of memory that binds this process (cgroups(7), v1 and v2): all that counts there, also what is in no budget
/// of ours. Its files stay open, so that a look needs no descriptor. Used by one thread at a time.
/// </summary>
public sealed class MemoryCgroup : IDisposable
{
    /// <summary>What v1 shows where there is no limit is near 2^63; no machine has this much.</summary>
    private const long Unlimited = 1L << 52;

    private readonly SafeFileHandle _used, _limit, _facts;
    private readonly byte[] _inactive;
    private readonly byte[] _buffer = new byte[8192];

    private MemoryCgroup(string folder, bool isUnified)
    {
        _used = File.OpenHandle(Path.Combine(folder, isUnified ? "memory.current" : "memory.usage_in_bytes"));
        _limit = File.OpenHandle(Path.Combine(folder, LimitName(isUnified)));
        _facts = File.OpenHandle(Path.Combine(folder, "memory.stat"));
        _inactive = isUnified ? "\ninactive_file "u8.ToArray() : "\ntotal_inactive_file "u8.ToArray();
    }

    /// <summary>
    /// The one with the lowest limit, from that of the process upwards as far as it can be seen; null where there is no limit, or it cannot be read.
    /// </summary>
    public static MemoryCgroup? OfThisProcess()
    {
        try
        {
            return Find(File.ReadAllLines("/proc/self/cgroup"), File.ReadAllLines("/proc/self/mountinfo"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <param name="cgroups">/proc/self/cgroup.</param>
    /// <param name="mounts">/proc/self/mountinfo (proc_pid_mountinfo(5)).</param>
    internal static MemoryCgroup? Find(string[] cgroups, string[] mounts)
    {
        // With both, the controller is in v1: v2 has what v1 has left to it.
        bool isUnified = !cgroups.Any(line => line.Split(':', 3)[1].Split(',').Contains("memory"));
        string? path = cgroups.Select(
            line => line.Split(':', 3)).FirstOrDefault(parts => isUnified ? parts[0] == "0" : parts[1].Split(',').Contains("memory"))?[2];
        if (path is null) return null;
        foreach (string[] mount in mounts.Select(line => line.Split(' ')))
        {
            int dash = Array.IndexOf(mount, "-");
            if (mount[dash + 1] != (isUnified ? "cgroup2" : "cgroup") || (!isUnified && !mount[^1].Split(',').Contains("memory"))) continue;
            (string root, string top) = (mount[3], mount[4]);
            // A container that sees the host's path has its own folder mounted.
            string inside = root == "/" ? path : path.StartsWith(root, StringComparison.Ordinal) ? path[root.Length..] : "";
            return Lowest(top, inside.Trim('/'), isUnified);
        }

        return null;
    }

    /// <summary>
    /// Bytes that are used and that the kernel cannot take back at once, and the limit, which may be changed while the process runs; null when it cannot be
    /// read, or there is no limit any more.
    /// </summary>
    public (long Used, long Limit)? Read()
    {
        if (!TryReadNumber(_used, out long used) || !TryReadNumber(_limit, out long limit) || limit >= Unlimited) return null;
        int length = RandomAccess.Read(_facts, _buffer, 0);
        int at = _buffer.AsSpan(0, length).IndexOf(_inactive);
        if (at >= 0 && Utf8Parser.TryParse(_buffer.AsSpan(at + _inactive.Length, length - at - _inactive.Length), out long inactive, out _)) used -= inactive;
        return (used, limit);
    }

    public void Dispose()
    {
        _used.Dispose();
        _limit.Dispose();
        _facts.Dispose();
    }

    private static MemoryCgroup? Lowest(string top, string inside, bool isUnified)
    {
        (string? lowest, long least) = (null, Unlimited);
        for (string folder = Path.Combine(top, inside); folder.Length >= top.Length; folder = Path.GetDirectoryName(folder)!)
        {
            string file = Path.Combine(folder, LimitName(isUnified));
            // The root of v2 has none.
            if (File.Exists(file) && long.TryParse(File.ReadAllText(file), out long limit) && limit < least) (lowest, least) = (folder, limit);
            if (folder.Length == top.Length) break;
        }

        return lowest is null ? null : new MemoryCgroup(lowest, isUnified);
    }

    private bool TryReadNumber(SafeFileHandle file, out long number)
    {
        int length = RandomAccess.Read(file, _buffer, 0);
        return Utf8Parser.TryParse(_buffer.AsSpan(0, length), out number, out _);
    }

    private static string LimitName(bool isUnified) => isUnified ? "memory.max" : "memory.limit_in_bytes";
}
