using UserProxy.Linux.Kernel;

namespace UserProxy.Linux.Host;

/// <summary>The three descriptors that whoever starts a process gives it. Used by the executable's log and for what its commands print.</summary>
public static class StandardStreams
{
    public const int Input = 0, Output = 1, Error = 2;

    private static readonly bool HasError = IsInherited(Error);

    /// <summary>
    /// Whether the process was started with it. The number of one that was closed is soon another file, at worst the runtime's pipe of signals: what is written
    /// there comes as a signal. Such files are closed at exec (FD_CLOEXEC, fcntl(2)); one that has come through an exec is not.
    /// </summary>
    public static bool IsInherited(int descriptor) => Libc.GetDescriptorFlags(descriptor) == 0;

    /// <summary>Its terminal is gone, or the pipe's other end: the connection to it has ended.</summary>
    public static bool IsHungUp(int descriptor) => Libc.IsHungUp(descriptor);

    /// <summary>
    /// Blocks until something comes from it, a signal arrives, or <paramref name="most"/> is over. True when something has come, be it its end.
    /// </summary>
    public static bool WaitForInput(TimeSpan most) => Libc.WaitUntilReadable(Input, (int)Math.Ceiling(most.TotalMilliseconds));

    /// <summary>
    /// Stops this process as Ctrl-Z does (SIGTSTP, to which nobody may listen), until it is continued: its shell has the terminal meanwhile. Returns at once
    /// where no shell could continue it (an orphaned process group, setpgid(2)).
    /// </summary>
    public static void Suspend() => Libc.Raise(Libc.SIGTSTP);

    /// <summary>
    /// Standard error for a writer that counts what is lost: .NET's own stream takes a pipe without reader for a success, and a FileStream writes at an offset
    /// of its own into a file that others write to as well.
    /// </summary>
    /// <returns>How many bytes were taken, after whatever wait; 0 when it cannot be written to (closed, a full disk, a pipe without reader).</returns>
    public static unsafe int WriteError(ReadOnlySpan<byte> bytes)
    {
        if (!HasError) return 0;
        fixed (byte* start = bytes)
        {
            while (true)
            {
                int written = Libc.Write(Error, start, bytes.Length);
                // Whoever shares it may have made it non-blocking.
                if (written != -Errno.EAGAIN) return Math.Max(0, written);
                Libc.WaitUntilWritable(Error);
            }
        }
    }
}
