using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using UserProxy.App.Configuration;
using UserProxy.App.Logging;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.App.Tests.Run;

public sealed class LogLinesTests : IDisposable
{
    private readonly ConcurrentQueue<string> _written = new();
    private readonly ManualResetEventSlim _mayWrite = new(initialState: true);
    private volatile int _most = int.MaxValue;
    private volatile bool _fails;

    public void Dispose()
    {
        _mayWrite.Set();
        _mayWrite.Dispose();
    }

    [Fact]
    public async Task WritesFail_LinesAreCountedAndSaidOnceWhenItIsOver()
    {
        using var lines = Lines();
        _fails = true;
        lines.Add("one\n");
        lines.Add("two\n");
        await Eventually.IsTrue(() => lines.Dropped == 2, "both are lost");

        _fails = false;
        // Without another line, too.
        await Eventually.IsTrue(() => Text() == "lost 2\n", "it is said");
        lines.Add("three\n");

        await Eventually.IsTrue(() => Text() == "lost 2\nthree\n", "it goes on");
    }

    [Fact]
    public async Task ReaderIsFrozen_WhoeverLogsDoesNotWait()
    {
        _mayWrite.Reset();
        using var lines = Lines();

        for (int i = 0; i < 10_000; i++) lines.Add($"{i}\n");

        lines.Dropped.ShouldBeInRange(10_000 - 4097, 10_000 - 4096);
        _mayWrite.Set();
        await Eventually.IsTrue(() => Text().Contains($"lost {lines.Dropped}\n", StringComparison.Ordinal), "the loss is said when there is room");
        await Eventually.IsTrue(() => _written.Count == 10_000 - lines.Dropped + 1, "what had waited is written");
    }

    [Fact]
    public void Dispose_ReaderIsFrozen_Returns()
    {
        _mayWrite.Reset();
        var lines = Lines();
        lines.Add("one\n");

        lines.Dispose();

        lines.Add("too late\n");
        lines.Dropped.ShouldBe(1);
    }

    [Fact]
    public async Task PartOfALine_IsEndedBeforeTheNext()
    {
        using var lines = Lines();
        _most = 2;
        lines.Add("one\n");
        await Eventually.IsTrue(() => lines.Dropped == 1, "the rest did not fit");
        _most = int.MaxValue;

        await Eventually.IsTrue(() => Text() == "on\nlost 1\n", "the next begins on a line of its own");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task LogOutput_Loss_IsALineLikeAnyOther(bool asJson)
    {
        var format = asJson ? LogFormat.Json : LogFormat.Text;
        using (var logs = LogOutput.Create(format, LogLevel.Information, colour: false, Write))
        {
            var log = logs.CreateLogger("test");
            log.SignalIgnored("before");
            await Eventually.IsTrue(() => !_written.IsEmpty, "it is written");
            _fails = true;
            log.SignalIgnored("during");
            await Eventually.IsTrue(() => logs.LinesDropped == 1, "it is lost");
            _fails = false;
            await Eventually.IsTrue(() => _written.Count == 2, "the loss is said");
        }

        string[] written = [.. Text().Split('\n', StringSplitOptions.RemoveEmptyEntries)];
        written.Length.ShouldBe(2);
        written[1].ShouldContain("1 lines of this log were lost");
        if (!asJson) return;
        foreach (string line in written) JsonDocument.Parse(line).Dispose();
    }

    private LogLines Lines()
    {
        var lines = new LogLines(Write, lost => $"lost {lost}\n");
        lines.Start();
        return lines;
    }

    private string Text() => string.Concat(_written);

    private int Write(byte[] bytes, int at, int length)
    {
        _mayWrite.Wait(TestContext.Current.CancellationToken);
        if (_fails) return 0;
        int taken = Math.Min(_most, length);
        if (taken <= 0) return 0;
        _written.Enqueue(Encoding.UTF8.GetString(bytes, at, taken));
        if (_most != int.MaxValue) _most -= taken;
        return taken;
    }
}
