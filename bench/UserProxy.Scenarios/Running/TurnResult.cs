namespace UserProxy.Scenarios.Running;

/// <summary>One figure of a turn.</summary>
/// <param name="Metric">Its name in the scenario.</param>
/// <param name="Value">In the metric's unit.</param>
/// <param name="At">On the scenario's axis; 0 without one.</param>
internal sealed record Measurement(string Metric, double Value, double At = 0);

/// <summary>What a turn gave.</summary>
/// <param name="Readings">One a metric and place on the axis.</param>
/// <param name="Failure">What was wrong; null for nothing.</param>
/// <param name="IsWrong">Answers were wrong, and not only few or late: the run fails.</param>
internal sealed record TurnResult(IReadOnlyList<Measurement> Readings, string? Failure = null, bool IsWrong = false);
