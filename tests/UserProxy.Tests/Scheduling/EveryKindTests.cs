using System.Net;
using FsCheck.Fluent;
using UserProxy.Model;
using UserProxy.Scheduling;

namespace UserProxy.Tests.Scheduling;

/// <summary>What holds for every scheduler, whatever it prefers.</summary>
public class EveryKindTests
{
    private static readonly FsCheck.Gen<(int[] Weights, int Seed)> Cases =
        from weights in Gen.Choose(1, 9).NonEmptyListOf()
        from seed in Gen.Choose(0, int.MaxValue)
        select (weights.ToArray(), seed);

    [Theory]
    [MemberData(nameof(Sets.Kinds), MemberType = typeof(Sets))]
    public void Pick_UntilNull_EveryEndpointOfTheSetExactlyOnce(SchedulerKind kind)
    {
        PropertyCheck.ForAll(Cases, c =>
        {
            var set = Sets.Of(kind, Sets.Weighted(c.Weights), (ulong)c.Seed);
            Disturb(set, c.Seed);
            var tried = new List<EndpointState>();
            while (set.Pick(Sets.Client(c.Seed & 0xFFFF), tried.ToArray()) is { } state) tried.Add(state);
            tried.Count.ShouldBe(c.Weights.Length);
            tried.ShouldBe(set.States.ToArray(), ignoreOrder: true);
        });
    }

    [Theory]
    [MemberData(nameof(Sets.Kinds), MemberType = typeof(Sets))]
    public void Pick_SomeAside_NoneOfThem(SchedulerKind kind)
    {
        PropertyCheck.ForAll(Cases, c =>
        {
            var set = Sets.Of(kind, Sets.Weighted(c.Weights), (ulong)c.Seed);
            Disturb(set, c.Seed);
            for (int i = 0; i < 20; i++) set.IsEjected(set.Pick(Sets.Client(i)).ShouldNotBeNull()).ShouldBeFalse();
        });
    }

    [Theory]
    [MemberData(nameof(Sets.Kinds), MemberType = typeof(Sets))]
    public void Peek_BeforePick_SaysWhatPickDoesAndChangesNothing(SchedulerKind kind)
    {
        PropertyCheck.ForAll(Cases, c =>
        {
            var set = Sets.Of(kind, Sets.Weighted(c.Weights), (ulong)c.Seed);
            Disturb(set, c.Seed);
            var client = Sets.Client(c.Seed & 0xFFFF);
            int[] before = Active(set);
            var peeked = set.Peek(client);
            set.Peek(client).ShouldBeSameAs(peeked);
            Active(set).ShouldBe(before);
            set.Pick(client).ShouldBeSameAs(peeked);
            Active(set).Sum().ShouldBe(before.Sum() + 1);
        });
    }

    [Theory]
    [MemberData(nameof(Sets.Kinds), MemberType = typeof(Sets))]
    public void Pick_EmptySet_Null(SchedulerKind kind)
    {
        var set = Sets.Of(kind, 0);
        set.Pick(default).ShouldBeNull();
        set.Peek(default).ShouldBeNull();
        set.States.Length.ShouldBe(0);
    }

    [Theory]
    [MemberData(nameof(Sets.Kinds), MemberType = typeof(Sets))]
    public async Task Pick_FromManyThreads_LosesNoCount(SchedulerKind kind)
    {
        const int Threads = 8, Each = 5_000;
        var set = Sets.Of(kind, 7);
        using var start = new Barrier(Threads);
        var threads = Enumerable.Range(0, Threads).Select(thread => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait(TestContext.Current.CancellationToken);
                for (int i = 0; i < Each; i++)
                {
                    var state = set.Pick(Sets.Client((thread * Each) + i)).ShouldNotBeNull();
                    state.DialSucceeded(0);
                    // Every other connection stays.
                    if (i % 2 == 0) state.Closed(bytesIn: 3, bytesOut: 5);
                }
            },
            TaskCreationOptions.LongRunning));
        await Task.WhenAll(threads);

        var states = set.States.ToArray();
        states.Sum(state => state.TotalConnections).ShouldBe(Threads * Each);
        states.Sum(state => state.ActiveConnections).ShouldBe(Threads * Each / 2);
        states.Sum(state => state.BytesIn).ShouldBe(Threads * Each / 2 * 3);
        states.Sum(state => state.BytesOut).ShouldBe(Threads * Each / 2 * 5);
        // rr shows that no turn was given twice: 40,000 turns over 7 endpoints.
        if (kind == SchedulerKind.RoundRobin) states.ShouldAllBe(state => state.TotalConnections >= 5_714 && state.TotalConnections <= 5_715);
    }

    [Theory]
    [MemberData(nameof(Sets.Kinds), MemberType = typeof(Sets))]
    public void Pick_AnyKind_AllocatesNothing(SchedulerKind kind)
    {
        var set = Sets.Of(kind, 50);
        set.Eject(3);
        EndpointState[] tried = [set.States[7]];
        var address = IPAddress.Parse("::ffff:10.1.2.3");
        PickMany();
        long before = GC.GetAllocatedBytesForCurrentThread();
        PickMany();
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);

        void PickMany()
        {
            for (int i = 0; i < 1_000; i++)
            {
                var state = set.Pick(ClientKey.From(address), i % 3 == 0 ? tried : [])!;
                state.DialSucceeded(0);
                state.Closed(0, 0);
            }
        }
    }

    /// <summary>Random loads, and some endpoints aside.</summary>
    private static void Disturb(EndpointSet set, int seed)
    {
        var random = new Random(seed);
        for (int i = 0; i < set.States.Length; i++)
        {
            set.Load(i, random.Next(4));
            for (int failures = random.Next(6); failures > 0; failures--) set.FailDial(i);
        }
    }

    private static int[] Active(EndpointSet set) => [.. set.States.ToArray().Select(state => state.ActiveConnections)];
}
