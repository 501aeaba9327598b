using UserProxy.FunctionalTests.Support;
using UserProxy.Tracing;

namespace UserProxy.FunctionalTests.Tracing;

/// <summary>What a reader of the feed has been told, taken as it comes.</summary>
internal sealed class Followed : IDisposable
{
    private readonly TraceReader _reader;
    private readonly List<TraceEvent> _events = [];

    private Followed(TraceReader reader) => _reader = reader;

    public long Lost { get; private set; }

    public static Followed By(Proxy proxy, TraceFilter? filter = null) =>
        new(proxy.Traces.TryOpen(filter ?? new TraceFilter()) ?? throw new InvalidOperationException("there are too many readers"));

    public IEnumerable<T> Of<T>()
        where T : TraceEvent => _events.OfType<T>();

    /// <summary>Until so many have ended.</summary>
    public async Task<IReadOnlyList<EndEvent>> EndsAsync(int count)
    {
        await Eventually.IsTrue(
            () =>
            {
                _events.AddRange(_reader.Take(int.MaxValue));
                Lost += _reader.TakeLost();
                return Of<EndEvent>().Count() >= count;
            },
            $"{count} connections have ended");
        return [.. Of<EndEvent>()];
    }

    /// <summary>In the order in which they were told of.</summary>
    public IReadOnlyList<TraceEvent> Of(TraceFlow flow) => [.. _events.Where(happened => happened.Flow == flow)];

    public void Dispose() => _reader.Dispose();
}
