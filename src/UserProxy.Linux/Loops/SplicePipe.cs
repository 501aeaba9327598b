using UserProxy.Linux.Kernel;

namespace UserProxy.Linux.Loops;

/// <summary>A kernel pipe that carries the bytes of one direction past user space (splice(2)). Rented from and owned by a <see cref="PipePool"/>.</summary>
internal sealed class SplicePipe(int readEnd, int writeEnd) : IDisposable
{
    /// <summary>
    /// Bytes that a pipe of the default size holds: 16 pages (pipe(7)). Larger ones leave the processor's caches and are slower (docs/decisions/0059).
    /// </summary>
    public const int Capacity = 64 * 1024;

    private readonly FileHandle _read = new(readEnd);
    private readonly FileHandle _write = new(writeEnd);

    /// <summary>Bytes inside.</summary>
    public int Held { get; private set; }

    /// <summary>Moves bytes from a socket into the pipe: the count, 0 at EOF, or minus errno.</summary>
    public int Fill(int socket, int length)
    {
        int moved = Libc.Splice(socket, _write.Descriptor, length);
        if (moved > 0) Held += moved;
        return moved;
    }

    /// <summary>Moves what is held into a socket: the count or minus errno.</summary>
    public int Drain(int socket)
    {
        int moved = Libc.Splice(_read.Descriptor, socket, Held);
        if (moved > 0) Held -= moved;
        return moved;
    }

    public void Dispose()
    {
        _read.Dispose();
        _write.Dispose();
    }
}
