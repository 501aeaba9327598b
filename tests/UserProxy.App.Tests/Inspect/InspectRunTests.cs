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
}
