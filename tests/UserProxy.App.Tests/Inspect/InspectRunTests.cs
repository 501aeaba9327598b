using System.Text.Json;
using UserProxy.App.Inspect;
using UserProxy.Linux.PortInspection;
using UserProxy.Model;

namespace UserProxy.App.Tests.Inspect;

public sealed class InspectRunTests
{
    private static readonly PortFacts Placeholder = Facts.Of(Facts.Listener(1), Facts.Connection(1)).Probed(Facts.Connected(Facts.Connection(0)));
    private static readonly PortFacts Handled = Facts.Of(Facts.Listener()).Probed(Facts.Connected(Facts.Connection(0, inode: 2)));

    private readonly Cli _cli = new();
    private readonly List<PortQuestion> _asked = [];

    [Fact]
    public async Task Watch_VerdictStays_IsOneLineEach_AndAPlaceholderIsTestedOnce()
    {
        (await RunAsync(json: false, Placeholder, Placeholder.NotProbed(), Placeholder.NotProbed())).ShouldBe(1);

        _asked.Select(question => question.Probe).ShouldBe([true, false, false]);
        string[] lines = Lines();
        lines[0].ShouldStartWith("Port 30080/TCP: placeholder");
        lines[^2..].ShouldAllBe(line => line.Contains("Z  placeholder  0.0.0.0:30080 queue 1/128  ESTABLISHED 1 without owner"));
    }

    [Fact]
    public async Task Watch_VerdictChanges_IsToldInFull_AndTestedAgain()
    {
        (await RunAsync(json: false, Placeholder, Facts.Of(Facts.Listener()).NotProbed(), Handled)).ShouldBe(0);

        _asked.Select(question => question.Probe).ShouldBe([true, false, true]);
        Lines().Where(line => line.StartsWith("Port ")).Select(line => line.Split(' ')[2]).ShouldBe(["placeholder", "idle", "handled"]);
    }

    [Fact]
    public async Task Watch_Json_IsOneDocumentALine()
    {
        (await RunAsync(json: true, Handled, Handled)).ShouldBe(0);

        foreach (string line in Lines()) JsonDocument.Parse(line).RootElement.GetProperty("verdict").GetString().ShouldBe("handled");
        Lines().Length.ShouldBe(2);
    }

    [Fact]
    public async Task Watch_Stopped_EndsWithTheLastVerdict()
    {
        using var stop = new CancellationTokenSource();
        var run = new InspectRun(Options(watch: true, json: false), _cli.Surroundings, UserNames.Read(), (_, _) =>
        {
            stop.CancelAfter(TimeSpan.FromMilliseconds(1));
            return Task.FromResult(Placeholder);
        }, NoProxy);

        (await run.RunAsync(Placeholder.Question, looks: null, stop.Token)).ShouldBe(1);
    }

    /// <summary>Only what cannot be written is told apart: any other fault of the system is no finding.</summary>
    [Fact]
    public async Task OutputOrSystemFails_AreToldApart()
    {
        using var closed = new ClosedText();
        await Should.ThrowAsync<UnwrittenException>(LookAsync(_cli.Surroundings with { Out = closed }, () => Handled));
        var fault = await Should.ThrowAsync<IOException>(LookAsync(_cli.Surroundings, () => throw new IOException("of the system")));
        fault.ShouldNotBeOfType<UnwrittenException>();

        async Task LookAsync(Surroundings surroundings, Func<PortFacts> look)
        {
            var run = new InspectRun(Options(watch: false, json: false), surroundings, UserNames.Read("/nonexistent"), async (_, _) =>
            {
                await Task.Yield();
                return look();
            }, NoProxy);
            await run.RunAsync(Handled.Question, looks: 1, TestContext.Current.CancellationToken);
        }
    }

    private async Task<int> RunAsync(bool json, params PortFacts[] looks)
    {
        var run = new InspectRun(Options(watch: true, json), _cli.Surroundings, UserNames.Read(), (question, _) =>
        {
            _asked.Add(question);
            return Task.FromResult(looks[_asked.Count - 1]);
        }, NoProxy)
        {
            Period = TimeSpan.FromMilliseconds(1),
        };
        return await run.RunAsync(Placeholder.Question, looks.Length, TestContext.Current.CancellationToken);
    }

    private static Task<(ServedPort? Served, string? Unseen)> NoProxy(PortQuestion question, CancellationToken stop) =>
        Task.FromResult<(ServedPort?, string?)>((null, null));

    private static InspectOptions Options(bool watch, bool json) => new(Facts.Port, TransportProtocol.Tcp, null, Probe: true, watch, AdminSocket: null, json);

    private string[] Lines() => _cli.Out.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private sealed class ClosedText : StringWriter
    {
        public override Task WriteLineAsync(string? value) => throw new IOException("of the output");
    }
}
