using UserProxy.Linux.Uring;
using UserProxy.Serving;

namespace UserProxy.Linux.Tests.Uring;

/// <summary>The pool's memory follows what is in flight.</summary>
public sealed unsafe class BufferPoolTests : IDisposable
{
    private const int Capacity = 1024, AtFirst = 64;

    private readonly Ring _ring = Rings.Create();
    private readonly BufferPool _pool;

    public BufferPoolTests() => _pool = new BufferPool(_ring, MemoryBudget.Unlimited, Capacity);

    public void Dispose()
    {
        _pool.Dispose();
        _ring.Dispose();
    }

    [Fact]
    public void Trim_AfterACrowd_GivesBackAllButTheLastUsed()
    {
        var crowd = FillAll();
        foreach (int buffer in crowd) _pool.Return(buffer);
        CountFilled(crowd).ShouldBe(Capacity);

        _pool.Trim();

        CountFilled(crowd).ShouldBe(AtFirst);
    }

    [Fact]
    public void Trim_WhatIsHeld_StaysAsItIs()
    {
        var crowd = FillAll();
        foreach (int buffer in crowd[..600]) _pool.Return(buffer);

        _pool.Trim();

        CountFilled(crowd[600..]).ShouldBe(Capacity - 600);
    }

    [Fact]
    public void TrimDue_WithoutACrowd_IsNever()
    {
        _pool.TrimDue(now: 1).ShouldBe(-1);
        FillAll().ForEach(_pool.Return);
        _pool.TrimDue(now: 1).ShouldBe(10_000);
        _pool.TrimDue(now: 4_001).ShouldBe(6_000);

        // Each time half as many are provided, until it is as at first.
        for (long now = 10_001; _pool.TrimDue(now) >= 0; now += 10_000)
        {
            now.ShouldBeLessThan(100_000);
            _pool.TrimIfDue(now);
        }
    }

    /// <summary>As the kernel does when nobody takes what has come.</summary>
    private List<int> FillAll()
    {
        var filled = new List<int>();
        while (!_pool.IsExhausted)
        {
            // They come in the order in which they were provided.
            for (int i = 0, more = _pool.Provided; i < more; i++)
            {
                int buffer = filled.Count;
                _pool.Taken(buffer, 1);
                *_pool.At(buffer) = 1;
                filled.Add(buffer);
            }

            _pool.Grow();
            _pool.Provide();
        }

        return filled;
    }

    private int CountFilled(List<int> buffers) => buffers.Count(buffer => *_pool.At(buffer) == 1);
}
