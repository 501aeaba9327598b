using UserProxy.App.Inspect.All;
using UserProxy.Linux.PortInspection;

namespace UserProxy.App.Tests.Inspect.All;

/// <summary>Two looks, days apart.</summary>
public sealed class NodeChangesTests
{
    private static readonly DateTimeOffset Then = Looks.Now.AddDays(-3);

    [Fact]
    public void StuckAtBothTimes_IsStuckSinceThen_AndByAChainOfFilesForLonger()
    {
        var monday = Compare(Stuck(129, 100), At(Then, Stuck(129, 90)));
        var thursday = NodeChanges.Compare(At(Looks.Now.AddDays(1), Stuck(129, 100)), monday);

        monday.Listening[0].StuckSince.ShouldBe(Then);
        thursday.Listening[0].StuckSince.ShouldBe(Then);
        Of(thursday, "Stuck").ShouldHaveSingleItem().Message.ShouldBe("NobodyAccepts since 2026-11-26 12:00:00Z at least, of holder (pid 4711)");
    }

    [Fact]
    public void AnotherSocket_IsStuckAnew()
    {
        var report = Compare(Looks.Tcp(30080, queue: 5, waiting: 5, inode: 5), At(Then, Looks.Tcp(30080, queue: 5, waiting: 5)));

        report.Listening[0].StuckSince.ShouldBeNull();
        Of(report, "OwnerChanged").ShouldHaveSingleItem().Message.ShouldBe("was of holder (pid 4711), is of worker (pid 4712) (shop/web)");
    }

    [Fact]
    public void MoreClients_AreNamedWithWhoTheyAre()
    {
        var before = Looks.Tcp(30080, queue: 50, waiting: 50, abandoned: 40, peers: [("10.0.1.7", 30, 20), ("10.0.1.8", 20, 20)]);
        var after = Looks.Tcp(30080, queue: 129, waiting: 129, abandoned: 100, peers: [("10.0.1.7", 31, 20), ("10.0.1.9", 78, 60), ("10.0.1.8", 20, 20)]);

        Of(Compare(after, At(Then, before)), "Grew").ShouldHaveSingleItem().Message.ShouldBe(
            "60 more in CLOSE_WAIT (40 were), 79 more clients wait (50 did), 15120 more unread bytes, of 10.0.1.9 +78, 10.0.1.7 +1 (shop/web)");
    }

    [Fact]
    public void PortsThatCameAndWent_AreNamed_AndNotThoseThatAsk()
    {
        var settings = new[] { (QueueSettings.OwnPorts, "32768 60999") };
        var before = Looks.Report(Looks.Of(Looks.Tcp(80), Looks.Udp(45000)) with { Settings = settings }, Then);
        var now = Looks.Report(Looks.Of(Looks.Tcp(30081), Looks.Udp(45001)) with { Settings = settings });

        var report = NodeChanges.Compare(now, before);

        report.Changes!.Items.Select(item => (item.Kind, item.Subject)).ShouldBe([("Came", "TCP 0.0.0.0:30081"), ("Went", "TCP 0.0.0.0:80")]);
        Of(report, "Came")[0].Message.ShouldBe("of holder (pid 4711) (shop/db)");
    }

    [Fact]
    public void CountersAndSettings_AreCompared_AndASmallerCounterIsANewStart()
    {
        var before = Looks.Report(Look(31, 9, "128"), Then);

        NodeChanges.Compare(Looks.Report(Look(40, 9, "4096")), before).Changes!.Items.Select(item => $"{item.Kind} {item.Subject}: {item.Message}").ShouldBe(
            ["Counter ListenOverflows: 9 more (40)", "Setting net.core.somaxconn: was 128, is 4096"]);
        NodeChanges.Compare(Looks.Report(Look(3, 0, "128")), before).Changes!.Items.ShouldBeEmpty();

        static NodeFacts Look(long overflows, long drops, string most) => Looks.Of() with
        {
            CountersAfter = [new("ListenOverflows", overflows), new("ListenDrops", drops)],
            Settings = [(QueueSettings.MostWaiting, most)],
        };
    }

    private static ListeningAddress Stuck(uint queue, int abandoned) => Looks.Tcp(30080, queue, waiting: (int)queue, abandoned: abandoned);

    private static NodeReport At(DateTimeOffset at, params ListeningAddress[] listening) => Looks.Report(Looks.Of(listening), at);

    private static NodeReport Compare(ListeningAddress now, NodeReport before) => NodeChanges.Compare(Looks.Report(now), before);

    private static List<ChangeItem> Of(NodeReport report, string kind) => [.. report.Changes!.Items.Where(item => item.Kind == kind)];
}
