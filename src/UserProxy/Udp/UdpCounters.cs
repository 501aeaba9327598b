using UserProxy.Serving;

namespace UserProxy.Udp;

/// <summary>What happened to the datagrams and sessions of one UDP service port since it was first seen: written by the loops, read at scrape time.</summary>
public sealed class UdpCounters
{
    private readonly long[] _ended = new long[Enum.GetValues<SessionEnd>().Length];
    private readonly long[] _dropped = new long[Enum.GetValues<DatagramDrop>().Length];
    private int _active;
    private long _datagramsIn;
    private long _datagramsOut;
    private long _bytesIn;
    private long _bytesOut;

    /// <summary>Sessions that there are now. How many ever began is counted as connections are.</summary>
    public int Active => Volatile.Read(ref _active);

    /// <summary>Datagrams from clients that were given an endpoint. One that the kernel did not take is counted as dropped, too.</summary>
    public long DatagramsIn => Volatile.Read(ref _datagramsIn);

    /// <summary>Datagrams from endpoints that were given a client; likewise.</summary>
    public long DatagramsOut => Volatile.Read(ref _datagramsOut);

    public long BytesIn => Volatile.Read(ref _bytesIn);

    public long BytesOut => Volatile.Read(ref _bytesOut);

    public long Ended(SessionEnd end) => Volatile.Read(ref _ended[(int)end]);

    public long Dropped(DatagramDrop drop) => Volatile.Read(ref _dropped[(int)drop]);

    /// <summary>By the transport, which has tried to send what it was told to.</summary>
    public void CountDropped(DatagramDrop drop, int count = 1) => Interlocked.Add(ref _dropped[(int)drop], count);

    /// <summary>For another process, without the bytes.</summary>
    internal List<long[]> CopyFigures() => [[DatagramsIn, DatagramsOut], [.. _ended], [.. _dropped]];

    internal void AddFigures(IReadOnlyList<long[]> figures)
    {
        if (figures is not [[var datagramsIn, var datagramsOut], var ended, var dropped, ..]) return;
        Interlocked.Add(ref _datagramsIn, datagramsIn);
        Interlocked.Add(ref _datagramsOut, datagramsOut);
        ServiceCounters.Add(_ended, ended);
        ServiceCounters.Add(_dropped, dropped);
    }

    internal void AddBytes(long bytesIn, long bytesOut)
    {
        Interlocked.Add(ref _bytesIn, bytesIn);
        Interlocked.Add(ref _bytesOut, bytesOut);
    }

    internal void CountStarted() => Interlocked.Increment(ref _active);

    internal void CountEnded(SessionEnd end)
    {
        Interlocked.Increment(ref _ended[(int)end]);
        Interlocked.Decrement(ref _active);
    }

    internal void CountIn(int length)
    {
        Interlocked.Increment(ref _datagramsIn);
        Interlocked.Add(ref _bytesIn, length);
    }

    internal void CountOut(int length)
    {
        Interlocked.Increment(ref _datagramsOut);
        Interlocked.Add(ref _bytesOut, length);
    }
}
