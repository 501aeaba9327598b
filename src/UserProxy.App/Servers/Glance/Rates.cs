namespace UserProxy.App.Servers.Glance;

/// <summary>What comes in a second, as the mean of the last five (<see cref="RateWindow"/>).</summary>
internal readonly record struct Rates(double Connections, double Failures, double BytesIn, double BytesOut);
