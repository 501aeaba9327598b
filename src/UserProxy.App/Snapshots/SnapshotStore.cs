using System.Globalization;
using Microsoft.Win32.SafeHandles;
using UserProxy.Linux.Host;

namespace UserProxy.App.Snapshots;

/// <summary>
/// The file in the state folder. Put in place whole, or not at all: written under another name, to the disk, and then renamed, and the folder to the disk too.
/// A file that somebody else could have written is not read. Knows nothing of what is in it.
/// </summary>
/// <param name="folder">Made, for its owner alone, when it is not there.</param>
/// <param name="time">For what a run that was killed while it wrote has left.</param>
internal sealed class SnapshotStore(string folder, TimeProvider time)
{
    public const string FileName = "services.snapshot";

    /// <summary>Of ten thousand Services with 15 endpoints each it is a hundredth.</summary>
    private const int MostBytes = 512 << 20;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Another run may be writing.</summary>
    private static readonly TimeSpan LongestWrite = TimeSpan.FromMinutes(1);

    public string FilePath => Path.Combine(folder, FileName);

    private string StartsPath => FilePath + ".starts";

    /// <summary>Neither a snapshot nor a reason when there is none yet.</summary>
    public SnapshotReading Read()
    {
        try
        {
            using var file = File.OpenHandle(FilePath, share: FileShare.ReadWrite | FileShare.Delete);
            if (OperatingSystem.IsLinux() && WhyNotOurs(file) is { } reason) return new SnapshotReading(null, reason);
            long length = RandomAccess.GetLength(file);
            if (length > MostBytes) return new SnapshotReading(null, $"it has {length} bytes, and a snapshot has {MostBytes} at most");
            byte[] bytes = new byte[length];
            int read = 0;
            while (read < bytes.Length && RandomAccess.Read(file, bytes.AsSpan(read), read) is > 0 and var more) read += more;
            return new SnapshotReading(SnapshotFormat.Read(bytes[..read]), null);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return new SnapshotReading(null, null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return new SnapshotReading(null, e is InvalidDataException ? e.Message : FileFault.Of(e, FilePath));
        }
    }

    /// <summary>The file before stays when this throws.</summary>
    /// <exception cref="IOException">The disk is full or cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder is not ours to write.</exception>
    public void Write(Snapshot snapshot)
    {
        MakeFolder();
        string temporary = $"{FilePath}.{Path.GetRandomFileName()}.tmp";
        try
        {
            using (var file = new FileStream(temporary, Options()))
            {
                SnapshotFormat.Write(file, snapshot);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, FilePath, overwrite: true);
        }
        catch
        {
            TryDelete(temporary);
            throw;
        }

        if (OperatingSystem.IsLinux()) FolderSync.ToDisk(folder);
    }

    /// <summary>
    /// Notes that a process starts with the snapshot, beside it; gives how many did so in a row, with this one, and none of which has said that all was well. A
    /// disk that takes no note is no reason not to serve: 1.
    /// </summary>
    public int CountStart()
    {
        try
        {
            int starts = File.Exists(StartsPath) && int.TryParse(File.ReadAllText(StartsPath), NumberStyles.None, CultureInfo.InvariantCulture, out int before)
                ? before + 1
                : 1;
            File.WriteAllText(StartsPath, starts.ToString(CultureInfo.InvariantCulture));
            return starts;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 1;
        }
    }

    /// <summary>All was well with this start.</summary>
    public void ForgetStarts() => TryDelete(StartsPath);

    private void MakeFolder()
    {
        if (!Directory.Exists(folder))
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
            else Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
        }

        foreach (string left in Directory.EnumerateFiles(folder, $"{FileName}.*.tmp"))
        {
            if (time.GetUtcNow() - File.GetLastWriteTimeUtc(left) > LongestWrite) TryDelete(left);
        }
    }

    private static FileStreamOptions Options()
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
        return options;
    }

    /// <summary>Asked of the open file, which nobody can put another in the place of.</summary>
    private static string? WhyNotOurs(SafeFileHandle file)
    {
        if (OperatingSystem.IsWindows()) return null;
        var mode = File.GetUnixFileMode(file);
        if ((mode & ~OwnerOnly) != 0) return $"its mode is {Convert.ToString((int)mode, 8)} and not 600: others than its owner could have written it";
        int us = FileOwner.OfThisProcess;
        return FileOwner.Of($"/proc/self/fd/{file.DangerousGetHandle()}") is { } owner && owner != us
            ? $"it belongs to user {owner}, and this is user {us}"
            : null;
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is small, and the next write tries again.
        }
    }
}

/// <summary>What there was at the start: a snapshot, or why there is none that can be served; neither when there is no file.</summary>
/// <param name="Found">As it was written.</param>
/// <param name="Refused">In words.</param>
/// <param name="Starts">How many processes in a row have started with it, this one too.</param>
internal sealed record SnapshotReading(Snapshot? Found, string? Refused, int Starts = 0);
