using Microsoft.Extensions.Logging;

namespace UserProxy.Kubernetes.Api;

/// <summary>Whether one resource can be followed: says so once per change, and how long to wait after a failure. Used by its <see cref="Reflector{T}"/>.</summary>
internal sealed class ReflectorHealth(ReflectorFacts facts, ApiTimings timings, TimeProvider time, Random random, ILogger logger)
{
    private readonly Backoff _backoff = new(timings, time, random);
    private ApiFailure? _trouble;
    private long _since;

    public bool IsGood => _trouble is null;

    /// <summary>The server has told us something.</summary>
    public void Good()
    {
        if (_trouble is null) return;
        KubernetesLog.ApiBack(logger, facts.Resource, (long)time.GetElapsedTime(_since).TotalSeconds);
        _trouble = null;
        facts.Trouble = null;
    }

    /// <summary>A failure that says nothing about the server: the cursor was too old, or the defect is ours.</summary>
    public TimeSpan Pause() => _backoff.Next(timings.BackoffMax);

    /// <returns>How long to wait.</returns>
    public TimeSpan Bad(ApiException e)
    {
        if (_trouble is null) _since = time.GetTimestamp();
        if (_trouble != e.Failure) KubernetesLog.ApiLost(logger, facts.Resource, e.Message);
        _trouble = e.Failure;
        facts.Trouble = e.Message;

        var pause = _backoff.Next(e.Failure == ApiFailure.Unreachable ? timings.BackoffMaxUnreachable : timings.BackoffMax);
        return e.RetryAfter > pause ? e.RetryAfter.Value + (pause * random.NextDouble()) : pause;
    }

    /// <summary>A failure as a metric label.</summary>
    public static string ReasonOf(ApiFailure failure) => failure switch
    {
        ApiFailure.Unreachable => "unreachable",
        ApiFailure.Silent => "no_answer",
        ApiFailure.BadRequest => "bad_request",
        ApiFailure.Unauthorized => "unauthorized",
        ApiFailure.Forbidden => "forbidden",
        ApiFailure.NotFound => "not_found",
        ApiFailure.Exists => "exists",
        ApiFailure.Gone => "gone",
        ApiFailure.TooManyRequests => "too_many_requests",
        ApiFailure.Malformed => "malformed",
        _ => "server_error",
    };
}
