namespace UserProxy.Tracing;

/// <summary>Something that has become of a connection or session that is followed.</summary>
/// <param name="Flow">Which one.</param>
/// <param name="After">Since it arrived.</param>
public abstract record TraceEvent(TraceFlow Flow, TimeSpan After)
{
    public DateTimeOffset Time => Flow.ArrivedAt + After;
}
