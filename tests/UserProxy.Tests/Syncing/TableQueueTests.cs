using UserProxy.Model;
using UserProxy.Reading;
using UserProxy.Syncing;

namespace UserProxy.Tests.Syncing;

public sealed class TableQueueTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly TableQueue _queue;

    public TableQueueTests() => _queue = new(_time);

    [Fact]
    public void Facts_TableOvertaken_WaitsSinceTheOlder()
    {
        var since = _time.GetUtcNow();
        _queue.Put(Table(1));
        _time.Advance(TimeSpan.FromSeconds(1));
        _queue.Put(Table(2));

        _queue.Facts.PendingSince.ShouldBe(since);
        _queue.Take()!.Revision.ShouldBe(2);
        _queue.Facts.PendingSince.ShouldBe(since);
        _queue.Applied();
        _queue.Facts.ShouldBe(new SyncFacts(null, since.AddSeconds(1), since.AddSeconds(1)));
    }

    [Fact]
    public void Facts_TableComesDuringASync_WaitsFromThen()
    {
        _queue.Put(Table(1));
        _queue.Take();
        _time.Advance(TimeSpan.FromSeconds(1));
        _queue.Put(Table(2));
        _queue.Applied();

        _queue.Facts.PendingSince.ShouldBe(_time.GetUtcNow());
    }

    [Fact]
    public void Take_SyncFailed_GivesTheTableAgainUntilThereIsANewer()
    {
        _queue.Take().ShouldBeNull();
        var since = _time.GetUtcNow();
        _queue.Put(Table(1));
        _queue.Take()!.Revision.ShouldBe(1);
        _queue.Take()!.Revision.ShouldBe(1);
        _time.Advance(TimeSpan.FromSeconds(1));
        _queue.Put(Table(2));
        _queue.Take()!.Revision.ShouldBe(2);
        _queue.Facts.PendingSince.ShouldBe(since);
        _queue.Applied();
        _queue.Take().ShouldBeNull();
    }

    private static ServiceTable Table(long revision) => new(revision, []);
}
