using System.Net;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests;

/// <summary><c>--state-dir</c> of the executable: what a start serves that cannot ask the API server, and what a disk that does not work costs.</summary>
[StartsProgram]
public sealed class SnapshotTests : ApiServerCase
{
    private const string Node = "{kind: Node, metadata: {name: node-1}}";

    private string State => Path.Combine(Folder.FullName, "state");

    private string SnapshotFile => Path.Combine(State, "services.snapshot");

    private string AdminPath => Path.Combine(Folder.FullName, "admin.sock");

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task KilledAndStartedAgain_ApiServerAway_ServesAsBefore_AndFollowsWhenItIsBack(TransportKind transport)
    {
        await using var one = Backend.Named("one");
        await using var two = Backend.Named("two");
        var api = await ServeAsync(Node, Service(), Slice("web-1", one));
        Start(transport, "--state-dir", State);
        await AnswersAsync("one");
        await Eventually.IsTrue(() => File.Exists(SnapshotFile), "the snapshot is written");
        await EndAsync("KILL");
        await api.StopAsync();

        Start(transport, "--state-dir", State);

        await AnswersAsync("one");
        using var admin = new AdminSocket(AdminPath);
        await Eventually.IsTrue(admin.ServesAsync, "the admin socket answers");
        var status = await admin.StatusAsync();
        (status.GetProperty("source").GetString(), status.GetProperty("ready").GetBoolean()).ShouldBe(("snapshot", false));
        status.GetProperty("snapshot").GetProperty("of").GetString().ShouldBe(api.Url.ToString());
        (await HealthAsync("/healthz")).ShouldBe(HttpStatusCode.OK, "load balancers may send traffic");
        (await HealthAsync("/readyz")).ShouldBe(HttpStatusCode.ServiceUnavailable, "a roll-out waits");
        (await Scrape.OfAsync(MetricsPort)).Samples["userproxy_snapshot_served_age_seconds"].ShouldBeGreaterThan(0);
        var (_, list, said) = await ServingProcess.RunOnAsync(AdminPath, "list");
        list.ShouldContain("demo");
        said.ShouldContain("served from a snapshot of");

        api.Apply(Slice("web-1", two));
        await api.ResumeAsync();
        await AnswersAsync("two");
        await Eventually.IsTrue(async () => await HealthAsync("/readyz") == HttpStatusCode.OK, "the source is followed");
        status = await admin.StatusAsync();
        status.GetProperty("source").GetString().ShouldBe(api.Url.ToString());
        status.TryGetProperty("snapshot", out _).ShouldBeFalse();
        (await Scrape.OfAsync(MetricsPort)).Samples["userproxy_snapshot_served_age_seconds"].ShouldBe(0);
        string log = await EndAsync("TERM");
        log.ShouldContain("source snapshot: ");
        log.ShouldContain("it has been listed and is served");
    }

    /// <summary>The last change is in the file, however short before the end it came.</summary>
    [Fact]
    public async Task StoppedAfterAChange_NextStartHasIt()
    {
        await using var one = Backend.Named("one");
        await using var two = Backend.Named("two");
        var api = await ServeAsync(Node, Service(), Slice("web-1", one));
        Start(TransportKind.Epoll, "--state-dir", State);
        await AnswersAsync("one");
        await Eventually.IsTrue(() => File.Exists(SnapshotFile), "the snapshot is written");
        api.Apply(Slice("web-1", two));
        await AnswersAsync("two");

        await EndAsync("TERM");
        await api.StopAsync();
        Start(TransportKind.Epoll, "--state-dir", State);

        await AnswersAsync("two");
    }

    [Fact]
    public async Task Damaged_IsNotServed_AndSaid_AndWrittenAnew()
    {
        await using var one = Backend.Named("one");
        var api = await ServeAsync(Node, Service(), Slice("web-1", one));
        Start(TransportKind.Epoll, "--state-dir", State);
        await AnswersAsync("one");
        await EndAsync("TERM");
        await api.StopAsync();
        byte[] bytes = await File.ReadAllBytesAsync(SnapshotFile);
        bytes[^20] ^= 0x40;
        await File.WriteAllBytesAsync(SnapshotFile, bytes);

        Start(TransportKind.Epoll, "--state-dir", State);
        using var admin = new AdminSocket(AdminPath);
        (await admin.StatusAsync()).GetProperty("revision").GetInt64().ShouldBe(0);
        (await AskAsync()).ShouldBe(nameof(SocketError.ConnectionRefused));

        await api.ResumeAsync();
        await AnswersAsync("one");
        string log = await EndAsync("TERM");
        log.ShouldContain("is not served: it is damaged: its checksum is another");
        (await File.ReadAllBytesAsync(SnapshotFile)).ShouldNotBe(bytes);
    }

    /// <summary>A disk that does not take it costs one warning, and one line when it does.</summary>
    [Theory]
    [InlineData("full")]
    [InlineData("read-only")]
    public async Task DiskTakesNothing_TrafficGoesOn_AndItIsSaidOnce(string how)
    {
        Tool.SkipUnlessInstalled("mount", "umount");
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "a disk of the test's own needs root");
        Directory.CreateDirectory(State);
        await Tool.RunAsync("mount", "-t", "tmpfs", "-o", "size=64k,mode=700", "userproxy-test", State);
        try
        {
            if (how == "full") await FillAsync();
            else await Tool.RunAsync("mount", "-o", "remount,ro", State);
            await using var one = Backend.Named("one");
            await ServeAsync(Node, Service(), Slice("web-1", one));
            Start(TransportKind.Epoll, "--state-dir", State);
            await AnswersAsync("one");
            await Eventually.IsTrue(
                async () => (await Scrape.OfAsync(MetricsPort)).Samples["userproxy_snapshot_write_failures_total"] >= 2, "it has been tried again");
            (await AskAsync()).ShouldBe("one");
            (await HealthAsync("/readyz")).ShouldBe(HttpStatusCode.OK);
            using var admin = new AdminSocket(AdminPath);
            (await admin.StatusAsync()).GetProperty("issues").ToString().ShouldContain("SnapshotNotWritten");

            if (how == "full") File.Delete(Path.Combine(State, "filler"));
            else await Tool.RunAsync("mount", "-o", "remount,rw", State);

            await Eventually.IsTrue(() => File.Exists(SnapshotFile), "it is written once there is room");
            await Eventually.IsTrue(
                async () => !(await admin.StatusAsync()).GetProperty("issues").ToString().Contains("SnapshotNotWritten", StringComparison.Ordinal),
                "all is well");
            string log = await EndAsync("TERM");
            Count(log, "cannot be written: ").ShouldBe(1, log);
            Count(log, "is written again").ShouldBe(1, log);
            Directory.GetFiles(State).ShouldBe([SnapshotFile]);
        }
        finally
        {
            if (Process is { HasExited: false } running) running.Kill();
            await Tool.RunAsync("umount", "-l", State);
        }
    }

    private async Task FillAsync()
    {
        await using var file = File.Create(Path.Combine(State, "filler"), bufferSize: 1);
        try
        {
            while (true)
            {
                await file.WriteAsync(new byte[4096]);
            }
        }
        catch (IOException)
        {
            // It is full.
        }
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;
}
