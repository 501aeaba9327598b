using UserProxy.Linux.Loops;

namespace UserProxy.Linux.Tests.Loops;

public class TimedListTests
{
    private readonly TimedList _list = new(intervalMilliseconds: 10);

    [Fact]
    public void Due_Empty_IsNever() => _list.Due(now: 5).ShouldBe(-1);

    [Fact]
    public void Sweep_BeforeTheInterval_TicksNothing()
    {
        var item = new Item();
        _list.Add(item, now: 100);

        _list.Sweep(109);

        item.Ticks.ShouldBe(0);
        _list.Due(109).ShouldBe(1);
    }

    [Fact]
    public void Sweep_AfterTheInterval_TicksEveryItemOnce()
    {
        Item[] items = [new(), new(), new()];
        foreach (var item in items) _list.Add(item, now: 0);

        _list.Sweep(10);

        items.ShouldAllBe(item => item.Ticks == 1);
    }

    [Fact]
    public void Sweep_ItemsThatRemoveThemselves_EachTickedOnceAndGone()
    {
        var items = Enumerable.Range(0, 10).Select(_ => new Item { OnTicked = _list.Remove }).ToList();
        foreach (var item in items) _list.Add(item, now: 0);

        _list.Sweep(10);

        items.ShouldAllBe(item => item.Ticks == 1);
        _list.Count.ShouldBe(0);
    }

    [Fact]
    public void Remove_Twice_IsHarmless()
    {
        var (first, second) = (new Item(), new Item());
        _list.Add(first, now: 0);
        _list.Add(second, now: 0);

        _list.Remove(first);
        _list.Remove(first);
        _list.Sweep(10);

        _list.Count.ShouldBe(1);
        second.Ticks.ShouldBe(1);
    }

    private sealed class Item : ITimed
    {
        public int TimedIndex { get; set; } = -1;

        public int Ticks { get; private set; }

        public Action<ITimed>? OnTicked { get; init; }

        public void OnTick(long nowMilliseconds)
        {
            Ticks++;
            OnTicked?.Invoke(this);
        }
    }
}
