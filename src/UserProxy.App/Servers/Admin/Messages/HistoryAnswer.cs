namespace UserProxy.App.Servers.Admin.Messages;

/// <summary>
/// The answer of <c>/v1/history</c>: the last ten minutes of the node, and of the Services that <c>/v1/glance</c> would show for the same question.
/// </summary>
/// <param name="ApiVersion">See <see cref="Messages.ApiVersion"/>.</param>
/// <param name="At">When it was looked, by the node's clock: a step at most after the newest point.</param>
/// <param name="StepSeconds">Between two points.</param>
/// <param name="Node">Of all Services together.</param>
/// <param name="Services">Those that have a history: one that was not used for ten minutes has none.</param>
/// <param name="Chosen">Of the Service whose id was given as <c>chosen</c>; null when it has none.</param>
internal sealed record HistoryAnswer(
    string ApiVersion, DateTimeOffset At, int StepSeconds, HistoryItem Node, IReadOnlyList<ServiceHistoryItem> Services, HistoryItem? Chosen);

/// <summary>Figures of up to 120 points, the oldest first.</summary>
/// <param name="Active">Connections open.</param>
/// <param name="Connections">In a second.</param>
/// <param name="Failures">In a second.</param>
/// <param name="BytesIn">In a second.</param>
/// <param name="BytesOut">In a second.</param>
internal sealed record HistoryItem(double[] Active, double[] Connections, double[] Failures, double[] BytesIn, double[] BytesOut);

/// <summary>What a line of text has room for.</summary>
/// <param name="Id">As in <see cref="GlanceItem"/>.</param>
/// <param name="Active">Connections open.</param>
/// <param name="Connections">In a second.</param>
internal sealed record ServiceHistoryItem(string Id, double[] Active, double[] Connections);
