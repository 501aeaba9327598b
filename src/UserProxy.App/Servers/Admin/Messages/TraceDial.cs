namespace UserProxy.App.Servers.Admin.Messages;

/// <summary>One dial.</summary>
/// <param name="Attempt">From 1.</param>
/// <param name="Endpoint">What was dialled.</param>
/// <param name="Outcome"><c>connected</c>, the reason of the metrics of failed dials, or <c>client_left</c>.</param>
/// <param name="Seconds">For how long.</param>
/// <param name="Local">Our own end of it; null when it failed.</param>
internal sealed record TraceDial(int Attempt, string Endpoint, string Outcome, double Seconds, string? Local);
