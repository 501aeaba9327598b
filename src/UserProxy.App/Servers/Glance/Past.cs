namespace UserProxy.App.Servers.Glance;

/// <summary>
/// Ten minutes of one Service port or of the node, a point for five seconds: <see cref="Bytes"/> of memory. What was before it began is zero. Written by the
/// <see cref="Sampler"/>'s thread, read under its lock.
/// </summary>
/// <param name="newest">Number of the newest point, of which it has nothing.</param>
internal sealed class Past(int newest)
{
    public const int Points = 120;

    /// <summary>Of the points of one.</summary>
    public const int Bytes = Points * 20;

    private readonly Point[] _points = new Point[Points];

    /// <summary>The last one that was not all zero. One that has just begun is in use.</summary>
    public int LastUsed { get; private set; } = newest;

    /// <param name="number">Of the point, counted from the sampler's first.</param>
    /// <param name="active">Connections open now.</param>
    /// <param name="rates">Means over its five seconds.</param>
    public void Add(int number, int active, Rates rates)
    {
        _points[number % Points] = new Point(active, (float)rates.Connections, (float)rates.Failures, (float)rates.BytesIn, (float)rates.BytesOut);
        if (active > 0 || rates != default) LastUsed = number;
    }

    /// <summary>One figure of the points up to <paramref name="upTo"/>, the oldest first.</summary>
    /// <param name="upTo">Number of the newest point; -1 before the first.</param>
    /// <param name="figure">Which.</param>
    public double[] Read(int upTo, Func<Point, double> figure)
    {
        int count = Math.Min(upTo + 1, Points);
        double[] values = new double[count];
        for (int i = 0; i < count; i++) values[i] = Math.Round(figure(_points[(upTo - count + 1 + i) % Points]), 2);
        return values;
    }

    internal readonly record struct Point(int Active, float Connections, float Failures, float BytesIn, float BytesOut);
}
