namespace UserProxy.App.Servers.Glance;

/// <summary>The totals of the last six looks, and the rates between the first and the last of them. Used by the <see cref="Sampler"/>'s thread.</summary>
/// <param name="ticks">Says when they were.</param>
/// <param name="before">What had been counted at all looks before the first.</param>
internal sealed class RateWindow(Ticks ticks, Totals before)
{
    private readonly Totals[] _totals = [.. Enumerable.Repeat(before, Ticks.Places)];

    public Rates Rates => (_totals[ticks.Newest] - _totals[ticks.Oldest]) / ticks.Span;

    /// <summary>At each tick.</summary>
    public void Add(Totals totals) => _totals[ticks.Newest] = totals;
}
