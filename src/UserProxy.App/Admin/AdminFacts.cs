using UserProxy.App.Health;

namespace UserProxy.App.Admin;

/// <summary>Who is asked: the running proxy, and what is known of it from outside of it.</summary>
internal sealed record AdminFacts(Proxier Proxier, NodeHealth Health, string Node, string Source, string Transport, long StartedAt, TimeProvider Time)
{
    /// <summary>What keeps the source from being followed now; null when nothing does.</summary>
    public Func<string?> SourceTrouble { get; init; } = () => null;
}
