using UserProxy.Kubernetes.Client;
using UserProxy.Tests;

namespace UserProxy.Kubernetes.Tests.Client;

/// <summary>The pauses of production, on a clock of the test's own: how long a change can wait once the server is back.</summary>
public sealed class ReflectorHealthTests
{
    private static readonly ApiTimings Timings = ApiTimings.Default;

    private readonly FakeTimeProvider _time = new();
    private readonly ReflectorHealth _health;

    public ReflectorHealthTests() =>
        _health = new ReflectorHealth(new ReflectorFacts("services", _time), Timings, _time, new Latest(), new RecordingLogger<ReflectorHealthTests>());

    /// <summary>
    /// Whatever the outage was like: unreachable for long, then refused, then 410. The longest of all pauses, of all three, is below the promise.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(600)]
    public void AfterAnOutage_AChangeIsInEffectWithin5Seconds(int failures)
    {
        var last = Outage(failures);
        var refused = Bad(ApiFailure.Forbidden);
        var list = _health.PauseBeforeList();
        last.ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(3));
        list.ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(1));
        (last + refused + list).ShouldBeLessThan(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void TwoOutages_CloseTogether_EachHasItsList()
    {
        for (int i = 0; i < 5; i++)
        {
            Outage(4);
            Bad(ApiFailure.ServerError);
            _health.PauseBeforeList().ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(1));
            _health.ReportSuccess();
            _time.Advance(TimeSpan.FromSeconds(2));
        }
    }

    /// <summary>A server that is back before anybody has missed it: its watches were cut as soon as they stood, and that is all there is to see.</summary>
    [Fact]
    public void RestartsTooQuickToBeMissed_EachHasItsList()
    {
        Outage(1);
        _health.ReportSuccess();
        for (int i = 0; i < 20; i++)
        {
            _health.ReportAnswer();
            _health.ReportCut();
            Bad(ApiFailure.ServerError).ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(3));
            Bad(ApiFailure.Forbidden).ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(3));
            _health.PauseBeforeList().ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(1));
            _health.ReportSuccess();
        }
    }

    [Theory]
    [InlineData(nameof(ApiFailure.Forbidden))]
    [InlineData(nameof(ApiFailure.Unauthorized))]
    [InlineData(nameof(ApiFailure.ServerError))]
    public void RefusedAfterAnOutage_IsWaitedOutAsTheOutage_ThenBackedOff(string failure)
    {
        var refusal = Enum.Parse<ApiFailure>(failure);
        Outage(10);
        for (var gone = TimeSpan.Zero; gone < Timings.WarmUp - TimeSpan.FromSeconds(4);)
        {
            var pause = Bad(refusal);
            pause.ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(3));
            gone += pause;
        }

        _time.Advance(TimeSpan.FromSeconds(8));
        Bad(refusal).ShouldBeGreaterThan(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void ListsThatDoNotHelp_BackOff()
    {
        Outage(1);
        _health.PauseBeforeList();
        double[] pauses = [.. Enumerable.Range(0, 7).Select(_ => _health.PauseBeforeList().TotalSeconds)];
        pauses.ShouldBe(pauses.Order());
        pauses[^1].ShouldBeInRange(25, 30);

        // Until a watch has lived its life.
        _health.ResetPauses();
        _health.PauseBeforeList().ShouldBeLessThan(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void TooManyRequests_IsNoOutage()
    {
        Outage(1);
        for (int i = 0; i < 6; i++) Bad(ApiFailure.TooManyRequests);
        Bad(ApiFailure.TooManyRequests).ShouldBeGreaterThan(TimeSpan.FromSeconds(20));
    }

    private TimeSpan Outage(int failures)
    {
        var pause = TimeSpan.Zero;
        for (int i = 0; i < failures; i++) pause = Bad(ApiFailure.Unreachable);
        return pause;
    }

    /// <summary>One failure and the pause after it.</summary>
    private TimeSpan Bad(ApiFailure failure)
    {
        var pause = _health.PauseAfter(new ApiException(failure, "no"));
        _time.Advance(pause);
        return pause;
    }

    /// <summary>The longest of the pauses that chance may give.</summary>
    private sealed class Latest : Random
    {
        public override double NextDouble() => 0.999;
    }
}
