namespace UserProxy.App.Servers.Glance;

/// <summary>What has been counted so far of a Service port, an endpoint or the node: none of it goes back.</summary>
/// <param name="Connections">Taken from listeners' queues; of an endpoint: established. Sessions of UDP.</param>
/// <param name="Failures">Dials that failed.</param>
/// <param name="BytesIn">From clients.</param>
/// <param name="BytesOut">To clients.</param>
internal readonly record struct Totals(long Connections, long Failures, long BytesIn, long BytesOut)
{
    public static Totals operator +(Totals left, Totals right) => new(
        left.Connections + right.Connections, left.Failures + right.Failures, left.BytesIn + right.BytesIn, left.BytesOut + right.BytesOut);

    /// <summary>What came between two looks; never less than zero, as a reading may miss a connection that ends meanwhile.</summary>
    public static Totals operator -(Totals left, Totals right) => new(
        Math.Max(0, left.Connections - right.Connections), Math.Max(0, left.Failures - right.Failures), Math.Max(0, left.BytesIn - right.BytesIn),
        Math.Max(0, left.BytesOut - right.BytesOut));

    /// <summary>The means over <paramref name="time"/>; none of no time.</summary>
    public static Rates operator /(Totals totals, TimeSpan time) => time <= TimeSpan.Zero
        ? default
        : new Rates(
            totals.Connections / time.TotalSeconds, totals.Failures / time.TotalSeconds, totals.BytesIn / time.TotalSeconds,
            totals.BytesOut / time.TotalSeconds);
}

/// <summary>What comes in a second, as the mean of the last five (<see cref="RateWindow"/>).</summary>
internal readonly record struct Rates(double Connections, double Failures, double BytesIn, double BytesOut);
