namespace UserProxy.App.Servers.Admin.Messages;

/// <summary>What comes in a second: the mean of the last five.</summary>
/// <param name="ConnectionsPerSecond">Connections, or sessions of UDP.</param>
/// <param name="FailuresPerSecond">Dials that failed.</param>
/// <param name="BytesInPerSecond">From clients.</param>
/// <param name="BytesOutPerSecond">To clients.</param>
internal sealed record RateItem(double ConnectionsPerSecond, double FailuresPerSecond, double BytesInPerSecond, double BytesOutPerSecond);
