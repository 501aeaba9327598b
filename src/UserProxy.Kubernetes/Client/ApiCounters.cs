using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using UserProxy.Counting;

namespace UserProxy.Kubernetes.Client;

/// <summary>What was asked of the API server, under client-go's names. Lives as long as its <see cref="ApiClient"/>, over all its connections.</summary>
internal sealed class ApiCounters
{
    /// <summary>client-go's.</summary>
    private static readonly HistogramBounds DurationBounds = new(0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60);

    public ConcurrentDictionary<(string Method, string Code), long> Requests { get; } = new();

    public ConcurrentDictionary<string, DurationHistogram> Durations { get; } = new(StringComparer.Ordinal);

    public void CountAnswer(HttpMethod method, HttpStatusCode code, TimeSpan after)
    {
        Durations.GetOrAdd(method.Method, static _ => new DurationHistogram(DurationBounds)).Add(after);
        Count(method, ((int)code).ToString(CultureInfo.InvariantCulture));
    }

    public void CountError(HttpMethod method) => Count(method, "<error>");

    private void Count(HttpMethod method, string code) => Requests.AddOrUpdate((method.Method, code), 1, static (_, count) => count + 1);
}
