using UserProxy.Kubernetes.Client;

namespace UserProxy.Kubernetes.Tests.Client;

/// <summary>Since when a resource is not followed, and since when for this very reason.</summary>
public sealed class ReflectorFactsTests
{
    private readonly ReflectorFacts _facts = new("services", new TickingTime());

    [Fact]
    public void AnotherKindOfFailure_HasATimeOfItsOwn_AndTheTroubleIsAsOldAsTheFirst()
    {
        _facts.SetFailure("unreachable", "nobody answers");
        var (trouble, unreachable) = (_facts.TroubleSince, _facts.FailureSince);
        _facts.SetFailure("unauthorized", "401");
        var unauthorized = _facts.FailureSince;
        _facts.SetFailure("unauthorized", "401 again");

        (_facts.Failure, _facts.Trouble).ShouldBe(("unauthorized", "401 again"));
        _facts.FailureSince.ShouldBe(unauthorized);
        unauthorized.ShouldNotBeNull().ShouldBeGreaterThan(unreachable!.Value);
        unreachable.Value.ShouldBeGreaterThanOrEqualTo(trouble!.Value, "no kind of failure is older than all trouble");
        _facts.TroubleSince.ShouldBe(trouble);
    }

    [Fact]
    public void Recovered_NothingIsWrong()
    {
        _facts.SetFailure("unauthorized", "401");
        _facts.ClearFailure();

        (_facts.Failure, _facts.FailureSince, _facts.Trouble, _facts.TroubleSince).ShouldBe((null, null, null, null));
    }

    /// <summary>A second later at each look.</summary>
    private sealed class TickingTime : TimeProvider
    {
        private int _seconds;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddSeconds(++_seconds);
    }
}
