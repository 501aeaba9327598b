using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using UserProxy.App.Servers.Admin;
using UserProxy.App.Servers.Health;
using UserProxy.Model;
using UserProxy.Tests;
using UserProxy.Tracing;

namespace UserProxy.App.Tests.Servers.Admin;

/// <summary>What a reader of <c>/v1/trace</c> is sent, by a clock that the reader moves as it reads.</summary>
public sealed class TraceStreamTests : IDisposable
{
    private static readonly ServicePort Port = new() { Name = new("shop", "web", "http", TransportProtocol.Tcp), Family = AddressFamily.InterNetwork };

    private readonly FakeTimeProvider _time = new();
    private readonly ProxierRun _run = new();
    private readonly TraceFeed _feed;
    private readonly TraceReader _reader;

    public TraceStreamTests()
    {
        _feed = new TraceFeed(_time);
        _reader = _feed.TryOpen(new TraceFilter())!;
    }

    public void Dispose()
    {
        _reader.Dispose();
        _run.Dispose();
    }

    /// <summary>The queue is never read to its end: what is lost is told all the same, before whoever reads has had enough.</summary>
    [Fact]
    public async Task ReaderIsAlwaysBehind_LossesAreToldEverySecond()
    {
        Tell(TraceReader.Capacity + 5);

        string sent = await ReadAsync(flushes: 12, eachTakes: TimeSpan.FromMilliseconds(250), () => Tell(1000));

        var lost = sent.Split('\n').Where(line => line.Contains("\"event\":\"lost\"", StringComparison.Ordinal)).ToList();
        lost.Count.ShouldBeInRange(2, 3);
    }

    /// <summary>Of a reader that keeps up the place of the loss is exact: behind all that came before it.</summary>
    [Fact]
    public async Task ReaderCatchesUp_TheLossIsToldBehindWhatCameBeforeIt()
    {
        Tell(TraceReader.Capacity + 5);

        string sent = await ReadAsync(
            flushes: (TraceReader.Capacity / 256) + 3, eachTakes: TimeSpan.Zero, () => { }, whileWaiting: TimeSpan.FromMilliseconds(500));

        string[] lines = sent.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Length.ShouldBe(1 + TraceReader.Capacity + 1);
        lines[^1].ShouldContain("\"event\":\"lost\"");
        lines[^1].ShouldContain("\"count\":5");
    }

    /// <summary>Two megabytes or so, whoever forgets to read.</summary>
    [Fact]
    public void NobodyReads_EightThousandEventsAreKept_AndTheOthersAreCounted()
    {
        Tell(10_000);

        _reader.Take(int.MaxValue).Count.ShouldBe(8192);
        _reader.TakeLost().ShouldBe(1808);
        _reader.TakeLost().ShouldBe(0);
    }

    /// <summary>The second of them comes a second after the first: it is followed again then.</summary>
    [Fact]
    public async Task TheyComeFasterThanAnyIsFollowed_HowManyIsToldEachSecond()
    {
        var filter = TraceStream.ReadFilter(null, null, null, null)!;
        using var reader = _feed.TryOpen(filter)!;
        int followed = Enumerable.Range(0, 1_500).Count(_ => Begin(reader));

        _time.Advance(TimeSpan.FromSeconds(0.1));
        int later = Enumerable.Range(0, 500).Count(_ => Begin(reader));

        (followed, later).ShouldBe((500, 50));
        string sent = await ReadAsync(flushes: 5, eachTakes: TimeSpan.FromMilliseconds(500), () => { }, TimeSpan.FromMilliseconds(500), reader);
        sent.Split('\n').Single(line => line.Contains("\"event\":\"skipped\"", StringComparison.Ordinal)).ShouldContain("\"count\":1450");

        bool Begin(TraceReader of) => of.TryTake(Port, new IPEndPoint(IPAddress.Loopback, 51234), null);
    }

    [Fact]
    public async Task TraceIsOver_HowManyWereNotFollowedIsToldFirst()
    {
        using var reader = _feed.TryOpen(new TraceFilter { Count = 2, MostPerSecond = 1 })!;
        var first = Begin();
        Begin();
        _time.Advance(TimeSpan.FromSeconds(1));
        var last = Begin();
        foreach (var flow in new[] { first, last }) flow.Ended("client_fin", null, 0, 0, null);

        string sent = await ReadAsync(flushes: 1000, eachTakes: TimeSpan.Zero, () => { }, of: reader);

        sent.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1].ShouldContain("\"event\":\"skipped\"");
        sent.ShouldContain("\"count\":1");
    }

    /// <summary>Nothing happens: an empty line shows that the proxy lives, and finds out who has left.</summary>
    [Fact]
    public async Task NothingHappens_SendsASignOfLife()
    {
        string sent = await ReadAsync(flushes: 3, eachTakes: TimeSpan.Zero, () => { }, whileWaiting: TimeSpan.FromMilliseconds(500));

        sent.Split('\n').Skip(1).ShouldAllBe(line => line.Length == 0);
        sent.Count(letter => letter == '\n').ShouldBe(3, "the first line, and two signs of life");
    }

    private async Task<string> ReadAsync(int flushes, TimeSpan eachTakes, Action afterEach, TimeSpan whileWaiting = default, TraceReader? of = null)
    {
        var proxier = _run.Proxier;
        var health = new NodeHealth(() => proxier.View.Sync, () => 0, () => proxier.Table.Node, nodeMustBeKnown: false, _time);
        using var left = new CancellationTokenSource();
        var body = new Body(() =>
        {
            _time.Advance(eachTakes);
            afterEach();
            if (--flushes == 0) left.Cancel();
        });
        var context = new DefaultHttpContext { RequestAborted = left.Token };
        context.Response.Body = body;
        int waits = 0;
        var time = new Waited(_time, () =>
        {
            _time.Advance(whileWaiting);
            // Nothing comes any more.
            if (++waits == 1000) left.Cancel();
        });
        var facts = new AdminFacts(proxier, health, "node-1", "a test", "sockets", 0, time);

        try
        {
            await new TraceStream(facts, of ?? _reader).WriteAsync(context).WaitAsync(TimeSpan.FromSeconds(90), TestContext.Current.CancellationToken);
        }
        catch (OperationCanceledException) when (left.IsCancellationRequested)
        {
            // Whoever read has left.
        }

        return Encoding.UTF8.GetString(body.ToArray());
    }

    private TraceFlow Begin() => _feed.Begin(
        Port, ListenerKind.NodePort, new IPEndPoint(IPAddress.Loopback, 51234), new IPEndPoint(IPAddress.Loopback, 30080), null, _time.GetTimestamp())!;

    private void Tell(int events)
    {
        var flow = Begin();
        for (int i = 0; i < events; i++) flow.FirstByte(toEndpoint: true);
    }

    /// <summary>The client, which has read all that was flushed.</summary>
    private sealed class Body(Action flushed) : MemoryStream
    {
        public override async Task FlushAsync(CancellationToken cancellationToken)
        {
            await base.FlushAsync(cancellationToken);
            if (Length > 0) flushed();
        }
    }

    /// <summary>A wait is over at once.</summary>
    private sealed class Waited(FakeTimeProvider time, Action waits) : TimeProvider
    {
        public override long TimestampFrequency => time.TimestampFrequency;

        public override long GetTimestamp() => time.GetTimestamp();

        public override DateTimeOffset GetUtcNow() => time.GetUtcNow();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime > TimeSpan.Zero) waits();
            return base.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? TimeSpan.FromMilliseconds(1) : dueTime, period);
        }
    }
}
