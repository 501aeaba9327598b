using UserProxy.Scenarios.Report;
using UserProxy.Scenarios.Tests.Report;

namespace UserProxy.Scenarios.Tests.Runs;

/// <summary>Reports that are there already: drawn anew and set beside each other, without measuring.</summary>
public sealed class DrawTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("userproxy-draw-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task ReportBesideAnother_IsPrintedAndWritten()
    {
        ReportFiles.Write(Samples.Full, _folder);
        string json = Path.Combine(_folder, ReportFiles.JsonName);
        await using var run = BenchProcess.Start("--from", json, "--compare", json);

        (await run.EndsAsync()).ShouldBe(0, run.Printed);

        run.Printed.ShouldContain("requests-100b-64: requests/s, higher is better");
        run.Printed.ShouldContain("Beside the run of 2026-11-21 14:05 UTC");
        File.ReadAllText(Path.Combine(run.Out, ReportFiles.MarkdownName)).ShouldContain("## Beside the run of");
        File.ReadAllText(Path.Combine(run.Out, ReportFiles.PageName)).ShouldContain("Beside the run of");
        run.Report().Machine.ShouldBe(Samples.Full.Machine);
    }

    [Theory]
    [InlineData("--from", "{\"kind\": 1}")]
    [InlineData("--compare", "no report")]
    public async Task SomethingElse_IsAMistakeBeforeAnythingIsDone(string option, string text)
    {
        string file = Path.Combine(_folder, "other.json");
        await File.WriteAllTextAsync(file, text, TestContext.Current.CancellationToken);
        ReportFiles.Write(Samples.Full, _folder);
        string[] from = option == "--from" ? [] : ["--from", Path.Combine(_folder, ReportFiles.JsonName)];
        await using var run = BenchProcess.Start([option, file, .. from]);

        (await run.EndsAsync()).ShouldBe(64, run.Printed);

        run.Printed.ShouldContain($"{option}: {file}: ");
    }
}
