using UserProxy.Counting;

namespace UserProxy.Kubernetes.Client;

/// <summary>
/// Pauses between failures: exponential with full jitter, so that the nodes of a cluster do not come back in step. Never zero: a failure
/// that costs nothing must not become a hot loop. One for each <see cref="Reflector{T,TKept}"/>.
/// </summary>
internal sealed class Backoff(ApiTimings timings, TimeProvider time, Random random)
{
    private static readonly TimeSpan Floor = TimeSpan.FromMilliseconds(100);

    private TimeSpan _limit;
    private long _lastFailure;

    /// <summary>The next failure is the first again.</summary>
    public void Reset() => _limit = default;

    /// <param name="max">Instead of <see cref="ApiTimings.BackoffMax"/>, when lower.</param>
    public TimeSpan Next(TimeSpan max)
    {
        if (_limit == default || time.GetElapsedTime(_lastFailure) >= timings.BackoffReset) _limit = timings.BackoffStart;
        _lastFailure = time.GetTimestamp();
        var pause = _limit < max ? _limit : max;
        _limit = _limit.Doubled(timings.BackoffMax);
        var jittered = pause * random.NextDouble();
        var floor = pause < Floor ? pause : Floor;
        return jittered > floor ? jittered : floor;
    }
}
