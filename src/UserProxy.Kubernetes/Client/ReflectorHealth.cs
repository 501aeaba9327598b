using Microsoft.Extensions.Logging;

namespace UserProxy.Kubernetes.Client;

/// <summary>
/// Whether one resource can be followed: says so once per change, and how long to wait after a failure. Tells an outage, in which nobody answers, from a
/// server that answers no. Each begins its pauses anew: one long outage does not put off what the server has to say when it is back. Used by its
/// <see cref="Reflector{T,TKept}"/>.
/// </summary>
internal sealed class ReflectorHealth(ReflectorFacts facts, ApiTimings timings, TimeProvider time, Random random, ILogger logger)
{
    private readonly Backoff _backoff = new(timings, time, random);
    private ApiFailure? _trouble;
    private long _since;

    // The start is as the end of an outage: the server may have been started with us.
    private bool _answers;
    private long _lostAt = time.GetTimestamp();
    private bool _listedSince;

    public bool IsGood => _trouble is null;

    /// <summary>The server has told us something.</summary>
    public void ReportSuccess()
    {
        ReportAnswer();
        if (_trouble is null) return;
        KubernetesLog.ApiBack(logger, facts.Resource, (long)time.GetElapsedTime(_since).TotalSeconds);
        _trouble = null;
        facts.ClearFailure();
    }

    /// <summary>A watch has lived its whole life: what failed before it is over.</summary>
    public void ResetPauses() => _backoff.Reset();

    /// <summary>The server has said anything at all: if there was an outage, it is over.</summary>
    public void ReportAnswer()
    {
        if (!_answers) _backoff.Reset();
        _answers = true;
    }

    /// <summary>Nobody answers any more, or a watch that stood was cut: an outage.</summary>
    public void ReportOutage()
    {
        if (_answers) _backoff.Reset();
        _answers = false;
        ReportCut();
    }

    /// <summary>
    /// A connection was cut: who answers next may have been started in between, so quickly that nothing else tells. The pauses go on, as this may be all that
    /// happens.
    /// </summary>
    public void ReportCut()
    {
        _lostAt = time.GetTimestamp();
        _listedSince = false;
    }

    /// <summary>A new list is needed, and the server is well. The first after an outage is wanted at once; one that did not help must not be a loop.</summary>
    /// <returns>How long to wait.</returns>
    public TimeSpan PauseBeforeList()
    {
        ReportAnswer();
        if (_listedSince) return _backoff.Next(timings.BackoffMax);
        _listedSince = true;
        return timings.ListJitter * random.NextDouble();
    }

    /// <summary>A defect of ours says nothing about the server.</summary>
    public TimeSpan PauseAfterDefect() => _backoff.Next(timings.BackoffMax);

    /// <summary>Takes note of a failure.</summary>
    /// <param name="e">What was said.</param>
    /// <param name="isNotBelieved">It may pass, as a server that is being started says it: asked again as in an outage.</param>
    /// <returns>How long to wait.</returns>
    public TimeSpan PauseAfter(ApiException e, bool isNotBelieved = false)
    {
        if (e.Failure is ApiFailure.Unreachable or ApiFailure.Silent) ReportOutage();
        else ReportAnswer();
        if (_trouble is null) _since = time.GetTimestamp();
        if (_trouble != e.Failure)
            KubernetesLog.ApiLost(logger, facts.Resource, facts.Lists > 0 ? "the last known state is served meanwhile" : "nothing is known yet", e.Message);
        _trouble = e.Failure;
        facts.SetFailure(ReasonOf(e.Failure), e.Message);

        // 429 is no sign of a start: the server is there, and has too much to do.
        bool outage = isNotBelieved || !_answers || (e.Failure != ApiFailure.TooManyRequests && time.GetElapsedTime(_lostAt) < timings.WarmUp);
        var pause = _backoff.Next(outage ? timings.BackoffMaxOutage : timings.BackoffMax);
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
        ApiFailure.Gone or ApiFailure.Ahead => "gone",
        ApiFailure.WatchError => "watch_error",
        ApiFailure.TooManyRequests => "too_many_requests",
        ApiFailure.Malformed => "malformed",
        _ => "server_error",
    };
}
