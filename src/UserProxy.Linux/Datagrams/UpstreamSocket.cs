using System.Runtime.InteropServices;
using UserProxy.Linux.Kernel;
using UserProxy.Linux.Loops;
using UserProxy.Udp;

namespace UserProxy.Linux.Datagrams;

/// <summary>One of a loop's sockets towards endpoints: it sends to many and is connected to none, so that one descriptor serves a session of each.</summary>
internal sealed class UpstreamSocket(DatagramLoop loop, PoolKey pool, int port, FileHandle handle) : ILoopHandler
{
    public PoolKey Pool { get; } = pool;

    /// <summary>Its index in the pool, as the session table counts.</summary>
    public int Port { get; } = port;

    public int Descriptor { get; } = handle.Descriptor;

    public SafeHandle Handle => handle;

    /// <summary>Its registration with the loop; negative for none.</summary>
    public int Slot { get; set; }

    /// <summary>What is to be sent by it in this turn.</summary>
    public PlaceList Pending { get; } = new();

    public bool IsClosed { get; private set; }

    private uint _drops;

    public void OnEvents(EventLoop _, uint events) => loop.OnAnswers(this, events);

    /// <summary>Datagrams that the kernel has discarded since the last call.</summary>
    public long TakeDrops()
    {
        long drops = Libc.ReceiveDrops(Descriptor);
        if (drops < 0) return 0;
        uint more = unchecked((uint)drops - _drops);
        _drops = (uint)drops;
        return more;
    }

    public void Close()
    {
        IsClosed = true;
        handle.Dispose();
    }
}
