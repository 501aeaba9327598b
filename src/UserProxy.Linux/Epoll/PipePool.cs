namespace UserProxy.Linux.Epoll;

/// <summary>
/// The pipes of one loop. Bounded, because a pipe holds two descriptors and kernel memory: who gets none copies. A pipe that still holds bytes is
/// destroyed, never reused.
/// </summary>
internal sealed unsafe class PipePool(int capacity) : IDisposable
{
    private readonly Stack<SplicePipe> _idle = [];
    private int _out;

    /// <summary>Null when the bound or the system's limit is reached.</summary>
    public SplicePipe? Rent()
    {
        if (_out >= capacity) return null;
        if (!_idle.TryPop(out var pipe))
        {
            int* ends = stackalloc int[2];
            if (Libc.Pipe(ends) < 0) return null;
            // Of the default size, 64 KiB: larger ones leave the processor's caches and are slower (docs/performance.md).
            pipe = new SplicePipe(ends[0], ends[1]);
        }

        _out++;
        return pipe;
    }

    public void Return(SplicePipe pipe)
    {
        _out--;
        if (pipe.Held > 0 || _idle.Count >= 16) pipe.Dispose();
        else _idle.Push(pipe);
    }

    public void Dispose()
    {
        while (_idle.TryPop(out var pipe)) pipe.Dispose();
    }
}
