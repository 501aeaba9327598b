using System.Net;
using System.Net.Sockets;

namespace UserProxy.App.Servers.Admin;

/// <summary>
/// The file of the admin socket: for its owner alone from the first moment, and put in the place of what a dead process has left. Nothing that answers,
/// and no file that is not such a socket, is ever replaced.
/// </summary>
internal static class AdminSocketFile
{
    /// <summary>sun_path of unix(7) has 108 bytes, the NUL at the end included.</summary>
    public const int LongestPath = 107;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>A bound socket that nobody can connect to before it listens.</summary>
    /// <exception cref="IOException">Why the path cannot be had.</exception>
    public static Socket Bind(EndPoint address)
    {
        string path = ((UnixDomainSocketEndPoint)address).ToString();
        try
        {
            return BindAt(path);
        }
        catch (Exception e) when (e is SocketException or UnauthorizedAccessException)
        {
            throw new IOException(e.Message, e);
        }
    }

    /// <summary>What tells the file at <paramref name="path"/> from one that another process puts there later.</summary>
    public static DateTime StampOf(string path) => File.GetLastWriteTimeUtc(path);

    /// <summary>
    /// Takes the file away when its listener is closed. Another process may have put its own there: that one has another stamp, and answers. Without a stamp
    /// the answer decides, which ours may still give for a moment after it was closed.
    /// </summary>
    public static void Remove(string path, DateTime? stamp = null)
    {
        try
        {
            if (File.Exists(path) && (stamp is { } ours ? StampOf(path) == ours : LooksLikeOurs(path) && !Answers(path))) File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It stays, and the next run replaces it.
        }
    }

    private static Socket BindAt(string path)
    {
        // First: of the root there is no folder.
        if (Directory.Exists(path)) throw new IOException("it is a folder");
        string folder = Path.GetDirectoryName(path)!;
        // Of the same process there may be two at once, with other endings.
        string temporary = Path.Combine(folder, $".{Environment.ProcessId}{(Path.GetExtension(path) is { Length: > 1 } ending ? ending[1] : "")}");
        MakeWritable(folder, temporary);
        if (File.Exists(path))
        {
            if (Answers(path)) throw new IOException("another process answers on it");
            if (!LooksLikeOurs(path))
                throw new IOException("there is a file that is no admin socket, and it is not replaced; give --admin-socket another path");
        }

        // Under another name first: bind(2) wants a free name, and the mode is right before the file is seen.
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(temporary));
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(temporary, OwnerOnly);
            File.Move(temporary, path, overwrite: true);
            return socket;
        }
        catch
        {
            socket.Dispose();
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>A file is written first: of a read-only file system bind(2) says EROFS, which the runtime has no words for.</summary>
    private static void MakeWritable(string folder, string temporary)
    {
        try
        {
            if (!Directory.Exists(folder))
            {
                if (WhyNotMade(folder) is { } why) throw new IOException(why);
                if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
                else Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
            }

            // What a process that was killed has left under this name; never what a link leads to.
            File.Delete(temporary);
            new FileStream(temporary, FileMode.CreateNew).Dispose();
            File.Delete(temporary);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException(
                $"no file can be made in {folder} ({e.Message.TrimEnd('.')}); give --admin-socket a path in a folder that this user may write in", e);
        }
    }

    /// <summary>
    /// A folder of our own is made in one that is there, as in /run, and in that of this user below /tmp (the default without root).
    /// More that is missing is a typing error, or a mount that has not come yet. Null: it may be made.
    /// </summary>
    private static string? WhyNotMade(string folder)
    {
        if (Path.GetDirectoryName(folder) is not { } parent) return null;
        if (Path.GetDirectoryName(parent) is not { } above) return $"there is no such folder, and none is made in {parent}";
        bool isOfThisUser = above == Path.TrimEndingDirectorySeparator(Path.GetTempPath())
            && Path.GetFileName(parent).StartsWith("userproxy-", StringComparison.Ordinal);
        return Directory.Exists(parent) || isOfThisUser ? null : $"there is no folder {parent}";
    }

    /// <summary>By what .NET tells of a file: a socket has no length, and ours have this mode from the start.</summary>
    private static bool LooksLikeOurs(string path)
    {
        var file = new FileInfo(path);
        return file.Length == 0 && (OperatingSystem.IsWindows() || file.UnixFileMode == OwnerOnly);
    }

    /// <summary>Anything but a refusal is a process that is there, however busy.</summary>
    private static bool Answers(string path)
    {
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode is not (SocketError.ConnectionRefused or SocketError.AddressNotAvailable);
        }
    }
}
