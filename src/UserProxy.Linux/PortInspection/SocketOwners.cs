using System.Globalization;
using System.Net.Sockets;
using UserProxy.Linux.Kernel;

namespace UserProxy.Linux.PortInspection;

/// <summary>
/// Which processes have which sockets open: a walk over /proc/*/fd, which needs root for the processes of others, and no ptrace rights for one's own. Never
/// throws.
/// </summary>
public sealed class SocketOwners
{
    private static ReadOnlySpan<byte> SocketPrefix => "socket:["u8;

    private const int DescriptorsAtATime = 1024;

    private readonly Dictionary<ulong, List<SocketOwner>> _owners = [];

    /// <summary>Processes whose descriptors may not be looked at from here.</summary>
    public int Unreadable { get; private set; }

    /// <summary>The walk was ended before its end, because it took too long.</summary>
    public bool IsIncomplete { get; set; }

    /// <summary>
    /// Those of one socket, this process first: what it is about to start has all of its sockets for a moment. Empty when none was seen.
    /// </summary>
    public IReadOnlyList<SocketOwner> Of(ulong inode) => _owners.TryGetValue(inode, out var owners) ? owners : [];

    public void Add(ulong inode, SocketOwner owner)
    {
        if (!_owners.TryGetValue(inode, out var owners)) _owners[inode] = owners = [];
        owners.Insert(owner.Pid == Environment.ProcessId ? 0 : owners.Count, owner);
    }

    /// <param name="inodes">The sockets of interest.</param>
    /// <param name="limit">Ends the walk early.</param>
    /// <param name="proc">For tests; /proc.</param>
    internal static SocketOwners Find(IReadOnlySet<ulong> inodes, CancellationToken limit, string proc = "/proc")
    {
        var found = new SocketOwners();
        if (inodes.Count == 0) return found;
        // A part of each at first: one that has a million must not keep all others from being seen, and what listens was opened early.
        var walks = new Queue<DescriptorWalk>();
        foreach (string folder in ListOrNothing(proc))
        {
            if (limit.IsCancellationRequested)
            {
                found.IsIncomplete = true;
                break;
            }

            if (int.TryParse(Path.GetFileName(folder.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out int pid))
                found.GoOn(new DescriptorWalk(folder, pid), inodes, walks);
        }

        while (walks.TryDequeue(out var walk))
        {
            if (limit.IsCancellationRequested)
            {
                found.IsIncomplete = true;
                found.End(walk);
            }
            else
            {
                found.GoOn(walk, inodes, walks);
            }
        }

        return found;
    }

    /// <summary>Of a socket of this process; 0 when /proc does not tell.</summary>
    internal static ulong InodeOf(Socket socket) => Inode(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{socket.Handle}")) ?? 0;

    /// <summary>Looks at the next part of a process; what is left of it is put at the end of the queue.</summary>
    private void GoOn(DescriptorWalk walk, IReadOnlySet<ulong> inodes, Queue<DescriptorWalk> walks)
    {
        try
        {
            for (int i = 0; i < DescriptorsAtATime; i++)
            {
                if (!walk.Links.MoveNext())
                {
                    End(walk);
                    return;
                }

                walk.Descriptors++;
                if (Inode(walk.Links.Current) is { } inode && inodes.Contains(inode)) walk.Held.Add(inode);
            }

            walks.Enqueue(walk);
        }
        catch (UnauthorizedAccessException)
        {
            Unreadable++;
            walk.Links.Dispose();
        }
        catch (IOException)
        {
            // It ended meanwhile; what was seen of it counts.
            End(walk);
        }
    }

    private void End(DescriptorWalk walk)
    {
        walk.Links.Dispose();
        if (walk.Held.Count == 0) return;
        string folder = walk.Folder;
        var owner = new SocketOwner(walk.Pid, FirstLine(folder, "comm") ?? "?", ReadUid(folder), walk.Descriptors, ReadLimit(folder))
        {
            IsStopped = IsStopped(folder),
        };
        foreach (ulong inode in walk.Held) Add(inode, owner);
    }

    /// <summary>
    /// <c>socket:[4711]</c>. By readlink(2): the runtime's own way also asks what the link leads to, which takes five times as long over all processes of a
    /// node.
    /// </summary>
    private static ulong? Inode(string link)
    {
        Span<byte> target = stackalloc byte[64];
        int length = Libc.ReadLink(link, target);
        if (length < 0) return null; // closed meanwhile
        target = target[..length];
        return target.StartsWith(SocketPrefix)
            && ulong.TryParse(target[SocketPrefix.Length..].TrimEnd((byte)']'), NumberStyles.None, CultureInfo.InvariantCulture, out ulong inode)
            ? inode
            : null;
    }

    /// <summary>The second of <c>Uid: real effective saved filesystem</c> in /proc/PID/status (proc_pid_status(5)).</summary>
    private static uint ReadUid(string folder) =>
        Fields(folder, "status", "Uid:") is [_, var effective, ..]
            && uint.TryParse(effective, NumberStyles.None, CultureInfo.InvariantCulture, out uint uid) ? uid : 0;

    private static long? ReadLimit(string folder) =>
        Fields(folder, "limits", "Max open files") is [var soft, ..]
            && long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out long limit) ? limit : null;

    /// <summary>Whether the process takes nothing now, as somebody has stopped it. False where it cannot be read.</summary>
    public static bool IsStopped(int pid) => IsStopped(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}"));

    /// <summary>
    /// T and t of proc_pid_status(5) are stopped and traced. A task of a frozen control group looks asleep, and its wait channel names the freezer
    /// (do_freezer_trap of version 2, __refrigerator of version 1).
    /// </summary>
    private static bool IsStopped(string folder) =>
        Fields(folder, "status", "State:") is ["T" or "t", ..] || FirstLine(folder, "wchan") is "do_freezer_trap" or "__refrigerator";

    private static string[]? Fields(string folder, string file, string name)
    {
        try
        {
            string? line = File.ReadLines(Path.Combine(folder, file)).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
            return line?[name.Length..].Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? FirstLine(string folder, string file)
    {
        try
        {
            return File.ReadLines(Path.Combine(folder, file)).FirstOrDefault();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static IEnumerable<string> ListOrNothing(string folder)
    {
        try
        {
            return Directory.EnumerateDirectories(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>How far one process has been looked at.</summary>
    private sealed class DescriptorWalk(string folder, int pid)
    {
        public string Folder => folder;

        public int Pid => pid;

        /// <summary>Opens the folder with the first that is asked for.</summary>
        public IEnumerator<string> Links { get; } = LinksIn(Path.Combine(folder, "fd")).GetEnumerator();

        public HashSet<ulong> Held { get; } = [];

        public int Descriptors { get; set; }

        private static IEnumerable<string> LinksIn(string folder)
        {
            foreach (string link in Directory.EnumerateFileSystemEntries(folder)) yield return link;
        }
    }
}
