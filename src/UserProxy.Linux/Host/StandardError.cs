using UserProxy.Linux.Kernel;

namespace UserProxy.Linux.Host;

/// <summary>
/// Standard error for a writer that counts what is lost: .NET's own stream takes a pipe without reader for a success, and a FileStream writes at an offset of
/// its own into a file that others write to as well. Used by the executable's log.
/// </summary>
public static class StandardError
{
    private const int Descriptor = 2;

    /// <summary>How many bytes were taken, after whatever wait; 0 when it cannot be written to (a full disk, a pipe without reader).</summary>
    public static unsafe int Write(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            while (true)
            {
                int written = Libc.Write(Descriptor, start, bytes.Length);
                // Whoever shares it may have made it non-blocking.
                if (written != -Errno.EAGAIN) return Math.Max(0, written);
                Libc.WaitUntilWritable(Descriptor);
            }
        }
    }
}
