namespace UserProxy.App.Servers.Glance;

/// <summary>What the <see cref="Sampler"/> knows of one Service port at its last look.</summary>
/// <param name="Totals">So far.</param>
/// <param name="Rates">Means over the last five seconds.</param>
/// <param name="ConnectP99">Seconds that 99 of 100 connects took at most, of the last 10 to 20 seconds; null without one, and for UDP.</param>
internal readonly record struct Sampled(Totals Totals, Rates Rates, double? ConnectP99);
