using UserProxy.Linux.Kernel;
using UserProxy.Serving;

namespace UserProxy.Linux.Loops;

/// <summary>
/// The pipes of one loop. Bounded, because a pipe holds two descriptors and kernel memory: who gets none copies. A pipe that still holds bytes is
/// destroyed, never reused. One that is out counts as full.
/// </summary>
internal sealed unsafe class PipePool(int capacity, MemoryBudget memory) : IDisposable
{
    private readonly Stack<SplicePipe> _idle = [];
    private int _out;

    /// <summary>Null when the bound, that of memory or the system's limit is reached.</summary>
    public SplicePipe? Rent()
    {
        if (_out >= capacity || !memory.MayKeep) return null;
        if (!_idle.TryPop(out var pipe))
        {
            int* ends = stackalloc int[2];
            if (Libc.Pipe(ends) < 0) return null;
            pipe = new SplicePipe(ends[0], ends[1]);
        }

        _out++;
        memory.Take(SplicePipe.Capacity);
        return pipe;
    }

    public void Return(SplicePipe pipe)
    {
        _out--;
        memory.Return(SplicePipe.Capacity);
        if (pipe.Held > 0 || _idle.Count >= 16) pipe.Dispose();
        else _idle.Push(pipe);
    }

    public void Dispose()
    {
        while (_idle.TryPop(out var pipe)) pipe.Dispose();
    }
}
