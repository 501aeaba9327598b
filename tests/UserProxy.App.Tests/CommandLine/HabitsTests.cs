using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.App.CommandLine;
using UserProxy.App.Run;

namespace UserProxy.App.Tests.CommandLine;

/// <summary>What people bring with them from kubectl and from their terminals.</summary>
public sealed class HabitsTests
{
    [Theory]
    [InlineData("lsit", "list")]
    [InlineData("conections", "connections")]
    [InlineData("conn", "connections")]
    [InlineData("explian", "explain")]
    [InlineData("frobnicate", null)]
    [InlineData("x", null)]
    public void Nearest_IsWhatWasMeant_OrNothing(string word, string? meant) =>
        Nearest.To(word, ["run", "list", "connections", "explain", "inspect", "version"]).ShouldBe(meant);

    [Theory]
    [InlineData("servce", "Service")]
    [InlineData("NODE", "Node")]
    [InlineData("Deployment", null)]
    public void Nearest_InAnyCase_IsTheCandidateAsItIsWritten(string word, string? meant) => Nearest.InAnyCase(word, ["Service", "Node"]).ShouldBe(meant);

    [Theory]
    [InlineData("web", null, false, "a/web b/web")]
    [InlineData("web", "a", false, "a/web")]
    [InlineData("web", "a", true, "a/web b/web")]
    [InlineData("b/web:80", null, false, "b/web")]
    [InlineData("web:http a/db", null, false, "a/web b/web a/db")]
    [InlineData("", "b", false, "b/web")]
    [InlineData("web:81", null, false, "")]
    [InlineData("svc/web", null, false, "a/web b/web")]
    [InlineData("Service/web:http", "a", false, "a/web")]
    [InlineData("services/db", null, false, "a/db")]
    [InlineData("30080", null, false, "a/web b/web a/db")]
    [InlineData("30080", "b", false, "b/web")]
    [InlineData("31080", null, false, "")]
    [InlineData("300800", null, false, "")]
    public void Filter_FitsAsKubectlWould(string names, string? space, bool all, string fits)
    {
        ServiceFilter.TryParse(names.Split(' ', StringSplitOptions.RemoveEmptyEntries), space, all, out var filter, out _).ShouldBeTrue();
        var web = Samples.Services.Services.First(service => service.Name == "web");
        var services = new[] { web with { Namespace = "a" }, web with { Namespace = "b" }, web with { Namespace = "a", Name = "db", Port = "" } };

        services.Where(filter!.Fits).Select(service => $"{service.Namespace}/{service.Name}").ShouldBe(
            fits.Split(' ', StringSplitOptions.RemoveEmptyEntries), ignoreOrder: true);
    }

    [Fact]
    public void Filter_OfJson_KeepsEveryFieldOfALaterVersion()
    {
        ServiceFilter.TryParse(["web"], null, false, out var filter, out _).ShouldBeTrue();
        using var json = System.Text.Json.JsonDocument.Parse(
            """
            {"apiVersion":"x","later":[1],"services":[{"namespace":"a","name":"web","port":"","portNumber":80,"later":{}},{"namespace":"a","name":"db"}]}
            """);

        using var filtered = filter!.Of(json, "services");

        filtered.RootElement.GetRawText().ShouldBe(
            """{"apiVersion":"x","later":[1],"services":[{"namespace":"a","name":"web","port":"","portNumber":80,"later":{}}]}""");
    }

    [Theory]
    [InlineData("services", """{"name":"web","listeners":[{"port":30080}]}""", true)]
    [InlineData("services", """{"name":"web","listeners":[],"notServed":[{"port":30080}]}""", true)]
    [InlineData("services", """{"name":"web","portNumber":30080,"listeners":[{"port":80}]}""", false)]
    [InlineData("connections", """{"name":"web","listener":"[fd00::1]:30080"}""", true)]
    [InlineData("connections", """{"name":"web","listener":"10.0.0.1:3008","client":"10.0.0.2:30080"}""", false)]
    public void Filter_OfJson_ByThePortOfAnAddress(string list, string item, bool fits)
    {
        ServiceFilter.TryParse(["30080"], null, false, out var filter, out _).ShouldBeTrue();
        using var json = System.Text.Json.JsonDocument.Parse($"{{\"{list}\":[{item}]}}");

        using var filtered = filter!.Of(json, list);

        filtered.RootElement.GetProperty(list).GetArrayLength().ShouldBe(fits ? 1 : 0);
    }

    [Fact]
    public void Wrap_OfACommand_KeepsItInOneLine()
    {
        var screen = new Screen(40, HasColour: false);

        screen.Wrap($"shop/web: none answers: {Screen.Unbroken("userproxy explain shop/web")}", 2).ShouldBe(
            ["shop/web: none answers:", "  userproxy explain shop/web"]);
        Screen.None.Wrap(Screen.Unbroken("a b"), 2).ShouldBe(["a b"]);
    }

    /// <summary>Whichever command says it.</summary>
    [Fact]
    public async Task Complain_OnATerminal_IsAsWideAsThat_AndKeepsItsLines()
    {
        var cli = new Cli();
        string[] lines = ["one two three four five six seven eight nine", "ten\neleven"];

        await (cli.Surroundings with { ErrorIsTerminal = true, OutWidth = () => 40 }).ComplainAsync(lines);

        cli.Error.ToString().TrimEnd().ReplaceLineEndings("\n").ShouldBe("one two three four five six seven eight\n  nine\nten\neleven");
        cli = new Cli();
        await cli.Surroundings.ComplainAsync(lines);
        cli.Error.ToString().ShouldStartWith(lines[0]);
    }

    [Fact]
    public void SortBy_NumbersFromTheLargest_TextFromA_AndOnlyColumns()
    {
        Column("active").ShouldBe(["10", "9", "1"]);
        Column("AGE", 1).ShouldBe(["2h", "3m", "4s"]);
        Column("name", 2).ShouldBe(["a", "b", "c"]);
        new TextTable("NAME").SortBy("colour").ShouldBeFalse();

        static IEnumerable<string> Column(string by, int index = 0)
        {
            var table = new TextTable("ACTIVE", "AGE", "NAME").Right("ACTIVE", "AGE");
            table.Add("9", "4s", "b");
            table.Add("10", "2h", "c");
            table.Add("1", "3m", "a");
            table.SortBy(by).ShouldBeTrue();
            var output = new StringWriter { NewLine = "\n" };
            table.Write(output);
            return output.ToString().TrimEnd().Split('\n').Skip(1).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[index]).ToList();
        }
    }

    /// <summary>Whatever the words and the width: nothing is lost, and only what cannot be broken is longer than a line.</summary>
    [Fact]
    public void Wrap_LosesNothing_AndFits()
    {
        var random = new Random(7);
        for (int i = 0; i < 2000; i++)
        {
            string text = string.Join(' ', Enumerable.Range(0, random.Next(0, 40)).Select(_ => new string('x', random.Next(1, 15))));
            int width = random.Next(20, 100), indent = random.Next(0, width);
            var lines = new Screen(width, HasColour: false).Wrap(text, indent).ToList();

            string.Join(' ', lines.Select(line => line.Trim())).ShouldBe(text);
            if (indent <= 5) lines.ShouldAllBe(line => line.Length <= width, $"{width} {indent}");
        }
    }

    [Fact]
    public async Task Watch_OnAPipe_PrintsAgainWhatHasChanged_AndEndsWhenStopped()
    {
        var cli = new Cli();
        using var stop = new CancellationTokenSource();
        string[] answers = ["one\n", "one\n", "two\n"];
        int asked = 0;

        await Watching.RunAsync(
            watch: true,
            (output, _) =>
            {
                output.Write(answers[asked]);
                if (++asked == answers.Length) stop.Cancel();
                return Task.FromResult(ExitCode.Done);
            },
            cli.Surroundings with { Time = new HastyTime() },
            stop.Token);

        cli.Out.ToString().ShouldBe("one\n\ntwo\n");
    }

    [Fact]
    public async Task Watch_OnATerminal_RedrawsAsMuchAsFits()
    {
        var cli = new Cli();
        using var stop = new CancellationTokenSource();

        await Watching.RunAsync(
            watch: true,
            (output, _) =>
            {
                output.Write("1\n2\n3\n4\n5\n");
                stop.Cancel();
                return Task.FromResult(ExitCode.Done);
            },
            cli.Surroundings with { OutIsTerminal = true, OutHeight = () => 4 },
            stop.Token);

        cli.Out.ToString().ShouldBe("\e[2J\e[H1\e[K\n2\e[K\n3\e[K\n\e[J");
    }

    [Fact]
    public async Task Watch_NobodyReadsItAnyMore_Ends()
    {
        var cli = new Cli();
        int asked = 0;

        int code = await Watching.RunAsync(
            watch: true,
            (_, _) =>
            {
                asked++;
                return Task.FromResult(ExitCode.Done);
            },
            cli.Surroundings with { Time = new HastyTime(), OutIsGone = () => asked == 2 },
            TestContext.Current.CancellationToken);

        (code, asked).ShouldBe((ExitCode.Done, 2));
    }

    /// <summary>Its output goes to a pager that nobody scrolls: the write does not come back to see that it is to stop.</summary>
    [Fact]
    public async Task Signal_ToACommandThatOnlyPrints_EndsItWhateverHolds()
    {
        var exited = new TaskCompletionSource<int>();
        using var signals = new StopSignals(
            NullLogger.Instance, TimeSpan.Zero, TimeProvider.System, exited.SetResult, CancellationToken.None, onlyPrints: true);

        signals.Receive("SIGTERM");

        signals.Stop.IsCancellationRequested.ShouldBeTrue();
        (await exited.Task.WaitAsync(TimeSpan.FromSeconds(90), TestContext.Current.CancellationToken)).ShouldBe(ExitCode.Done);
    }
}
