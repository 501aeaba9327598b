using BenchmarkDotNet.Attributes;

namespace UserProxy.Microbenchmarks.Tests;

/// <summary>Benchmarks of which it is known what they allocate.</summary>
public class Planted
{
    private object? _last;
    private int _calls;

    [Benchmark]
    public object? Nothing() => _last;

    [Benchmark]
    public object AnObject() => _last = new object();

    [Benchmark]
    public object? AnObjectInAThousandCalls() => ++_calls % 1_000 == 0 ? _last = new object() : null;
}
