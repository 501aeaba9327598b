using UserProxy.Kubernetes.Building;

namespace UserProxy.Kubernetes.Tests.Building;

/// <summary>docs/semantics.md 3.11: which changes count for network_programming_duration, and which changes wait.</summary>
public sealed class SourceChangesTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly SourceChanges _changes = new(Start);
    private readonly ClusterCache _cache;
    private long _revision;

    public SourceChangesTests() => _cache = new ClusterCache(new BuildOptions { NodeName = "node-1" }, null, _changes);

    [Fact]
    public void Applied_ChangeAfterTheStart_GivesItsTimeOnce()
    {
        Change("10.0.0.1", "2026-01-01T12:00:05.123456789Z");
        long revision = Build();

        var time = _changes.Applied(revision).ShouldHaveSingleItem();
        time.ShouldBe(Start.AddSeconds(5.123456789), TimeSpan.FromMicroseconds(1));
        _changes.Applied(revision).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("yesterday")]
    [InlineData("2026-01-01T11:59:59Z")]
    [InlineData("2026-01-01T13:00:00+02:00")]
    public void Applied_NoTimeOrOneBeforeTheStart_GivesNothing(string? time)
    {
        Change("10.0.0.1", time);

        _changes.Applied(Build()).ShouldBeEmpty();
    }

    [Fact]
    public void Applied_SeveralUpdatesBeforeOneTable_AreSeveralSamples()
    {
        Change("10.0.0.1", "2026-01-01T12:00:01Z");
        Change("10.0.0.2", "2026-01-01T12:00:02Z");
        Change("10.0.0.2", "2026-01-01T12:00:03Z"); // says nothing new

        _changes.Applied(Build()).ShouldBe([Start.AddSeconds(1), Start.AddSeconds(2)]);
    }

    [Fact]
    public void Applied_TableThatWasOvertaken_ComesIntoForceWithTheNext()
    {
        Change("10.0.0.1", "2026-01-01T12:00:01Z");
        Build();
        Change("10.0.0.2", "2026-01-01T12:00:02Z");
        long second = Build();
        Change("10.0.0.3", "2026-01-01T12:00:03Z");
        Build();
        _changes.Endpoints.ShouldBe((3, 3));

        _changes.Applied(second).Count.ShouldBe(2);
        _changes.Endpoints.ShouldBe((3, 1));
    }

    [Fact]
    public void Applied_SliceIsDeletedBeforeTheTable_ItsTimesAreForgotten()
    {
        Change("10.0.0.1", "2026-01-01T12:00:01Z");
        _cache.RemoveSlice("demo", "web-1");

        _changes.Applied(Build()).ShouldBeEmpty();
    }

    [Fact]
    public void Endpoints_SliceThatSaysTheSameAndOneThatIsUnknown_AreNoChanges()
    {
        Change("10.0.0.1", null);
        _changes.Applied(Build());

        Change("10.0.0.1", "2026-01-01T12:00:01Z");
        _cache.RemoveSlice("demo", "unknown");
        _cache.RemoveService("demo", "unknown");

        _changes.Endpoints.ShouldBe((1, 0));
        _changes.Services.ShouldBe((0, 0));
    }

    [Fact]
    public void Pending_ChangesThatChangeNothing_DoNotWait()
    {
        _cache.SetService(Objects.NodePortService("web", 30000));
        _changes.Services.ShouldBe((1, 1));

        _changes.Built(null);

        _changes.Services.ShouldBe((1, 0));
    }

    private void Change(string address, string? time)
    {
        var slice = Objects.Slice("web-1", "web", 8080, Objects.Endpoint(address));
        var annotations = time is null ? null : new Dictionary<string, string> { ["endpoints.kubernetes.io/last-change-trigger-time"] = time };
        _cache.SetSlice(slice with { Metadata = slice.Metadata with { Annotations = annotations } });
    }

    private long Build()
    {
        var table = _cache.ToTable(++_revision);
        _changes.Built(table.Revision);
        return table.Revision;
    }
}
