using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Scenarios;

/// <summary>A figure that a scenario gives for each path.</summary>
internal sealed record Metric(string Name, string Unit, Better Better, string? Axis = null);
