using UserProxy.App.Servers.Health;
using UserProxy.Model;
using UserProxy.Reading;
using UserProxy.Tests;

namespace UserProxy.App.Tests.Servers.Health;

public sealed class NodeHealthTests
{
    private readonly FakeTimeProvider _time = new();
    private SyncFacts _facts;
    private int _hung;
    private OwnNode _node = new("n") { IsKnown = true };

    [Fact]
    public void Idle_IsHealthyForEver()
    {
        _facts = Applied();
        _time.Advance(TimeSpan.FromDays(30));

        var body = Health().Report(withNode: true);

        body.Healthy.ShouldBeTrue();
        body.LastUpdated.ShouldBe(_time.GetUtcNow(), "a healthy proxy is as new as the question");
        body.NodeEligible.ShouldBe(true);
    }

    [Theory]
    [InlineData(59, true)]
    [InlineData(60, false)]
    public void ChangeThatIsNotApplied_IsUnhealthyAfterTwoSyncPeriods(int seconds, bool healthy)
    {
        var applied = _time.GetUtcNow();
        _facts = new SyncFacts(_time.GetUtcNow(), null, applied);
        _time.Advance(TimeSpan.FromSeconds(seconds));

        var body = Health().Report(withNode: false);

        body.Healthy.ShouldBe(healthy);
        body.LastUpdated.ShouldBe(healthy ? _time.GetUtcNow() : applied);
        body.NodeEligible.ShouldBeNull("livez does not look at the node");
    }

    [Fact]
    public void AcceptLoopHangs_IsUnhealthyUntilItGoesOn()
    {
        _facts = Applied();
        var health = Health();
        _hung = 1;

        var body = health.Report(withNode: false);
        (body.Healthy, body.LastUpdated).ShouldBe((false, _facts.LastAppliedAt!.Value));
        health.TakesTraffic.ShouldBeFalse();

        _hung = 0;
        health.Report(withNode: false).Healthy.ShouldBeTrue();
    }

    [Theory]
    [InlineData(true, false, true, true)]
    [InlineData(true, true, true, false)]
    [InlineData(false, false, true, false)]
    [InlineData(false, false, false, true)]
    public void NodeEligible_FollowsTheNode(bool known, bool leaving, bool mustBeKnown, bool eligible)
    {
        _node = new OwnNode("n") { IsKnown = known, IsLeaving = leaving };
        new NodeHealth(() => _facts, () => _hung, () => _node, mustBeKnown, _time).IsNodeEligible.ShouldBe(eligible);
    }

    [Fact]
    public void Ready_FromTheFirstTableToTheDrain()
    {
        var health = Health();
        health.IsReady.ShouldBeFalse();
        _facts = Applied();
        health.IsReady.ShouldBeTrue();
        health.StartDraining();
        health.IsReady.ShouldBeFalse();
    }

    /// <summary>All is served, and a version that cannot follow the source is held up at the first node.</summary>
    [Fact]
    public void OnASnapshot_IsHealthyAndTakesTraffic_AndIsNotReady()
    {
        _facts = Applied();
        bool onSnapshot = true;
        var health = new NodeHealth(() => _facts, () => _hung, () => _node, nodeMustBeKnown: true, _time) { IsOnSnapshot = () => onSnapshot };

        (health.IsHealthy, health.TakesTraffic, health.IsNodeEligible, health.IsReady).ShouldBe((true, true, true, false));
        onSnapshot = false;
        health.IsReady.ShouldBeTrue();
    }

    private SyncFacts Applied() => new(null, _time.GetUtcNow(), _time.GetUtcNow());

    private NodeHealth Health() => new(() => _facts, () => _hung, () => _node, nodeMustBeKnown: true, _time);
}
