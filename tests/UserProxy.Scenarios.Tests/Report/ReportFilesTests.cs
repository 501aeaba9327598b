using System.Text.Json;
using System.Text.Json.Nodes;
using UserProxy.Scenarios.Report;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Tests.Report;

/// <summary>The files of a run, and the way back.</summary>
public sealed class ReportFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("userproxy-report-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Write_NewFolder_HoldsTheFilesAndSaysWhereThePageIs()
    {
        string page = ReportFiles.Write(Samples.Full, Path.Combine(_folder, "a", "b"));

        page.ShouldBe(Path.Combine(_folder, "a", "b", "report.html"));
        Directory.GetFiles(Path.Combine(_folder, "a", "b")).Select(Path.GetFileName)
            .ShouldBe(["report.html", "report.json", "report.md", "report.svg"], ignoreOrder: true);
    }

    [Fact]
    public void Write_Twice_LeavesNothingOfTheFirst()
    {
        ReportFiles.Write(Samples.Odd, _folder);
        ReportFiles.Write(Samples.Full, _folder);

        foreach (string file in Directory.GetFiles(_folder)) File.ReadAllText(file).ShouldNotContain("yyyyy", customMessage: file);
    }

    [Fact]
    public void Read_WhatWasWritten_GivesTheReport()
    {
        ReportFiles.Write(Samples.Full, _folder);
        var read = ReportFiles.Read(Path.Combine(_folder, "report.json"));

        read.Paths.ShouldBe(Samples.Full.Paths);
        read.Machine.ShouldBe(Samples.Full.Machine);
        read.Duration.ShouldBe(Samples.Full.Duration);
        ReportFiles.Write(read, Path.Combine(_folder, "again"));
        foreach (string file in Directory.GetFiles(_folder))
            File.ReadAllText(Path.Combine(_folder, "again", Path.GetFileName(file))).ShouldBe(File.ReadAllText(file), file);
    }

    [Theory]
    [InlineData("\"kind\": \"BenchReport\"", "\"kind\": \"Bench\"")]
    [InlineData("userproxy.io/v1", "userproxy.io/v2")]
    [InlineData("\"better\": \"higher\"", "\"better\": \"larger\"")]
    [InlineData("\"command\"", "\"commands\"")]
    public void Read_SomethingElse_Throws(string right, string wrong)
    {
        ReportFiles.Write(Samples.Full, _folder);
        string file = Path.Combine(_folder, "report.json");
        string json = File.ReadAllText(file);
        json.ShouldContain(right);
        File.WriteAllText(file, json.Replace(right, wrong, StringComparison.Ordinal));

        Should.Throw<JsonException>(() => ReportFiles.Read(file));
    }

    /// <summary>Known before half an hour is spent, and without a trace of having tried.</summary>
    [Fact]
    public void FindObstacle_FileInTheWay_IsNamed_AndAGoodFolderStaysEmpty()
    {
        string good = Path.Combine(_folder, "good"), file = Path.Combine(_folder, "file");
        Directory.CreateDirectory(_folder);
        File.WriteAllText(file, "");

        ReportFiles.FindObstacle(good).ShouldBeNull();
        Directory.EnumerateFileSystemEntries(good).ShouldBeEmpty();
        ReportFiles.FindObstacle(file).ShouldNotBeNull();
        ReportFiles.FindObstacle(Path.Combine(file, "below")).ShouldNotBeNull();
    }

    /// <summary>No value, or no number for one, is no reason to lose the rest.</summary>
    [Fact]
    public void Write_OddReports_KeepsWhatIsANumber()
    {
        ReportFiles.Write(Samples.Empty, _folder);
        ReportFiles.Write(Samples.OnePath, _folder);
        ReportFiles.Write(Samples.Odd, _folder);

        var metric = ReportFiles.Read(Path.Combine(_folder, "report.json")).Scenarios[0].Metrics.Single(metric => metric.Name == "not a number");
        var samples = metric.Points.Single().Samples;
        samples["path-0"].ShouldSatisfyAllConditions(sample => sample.Values.ShouldBe([5.0]), sample => sample.Failure.ShouldBe("no number in 1 of 2 values"));
        samples["path-1"].ShouldSatisfyAllConditions(sample => sample.Values.ShouldBeEmpty(), sample => sample.Failure.ShouldBe("no number in 1 of 1 values"));
        samples["path-2"].ShouldSatisfyAllConditions(sample => sample.Values.ShouldBe([4.0, 6.0]), sample => sample.Failure.ShouldBeNull());
    }

    [Fact]
    public void Write_SampleWithoutValueOrReason_SaysSo()
    {
        var silent = Samples.Change(Samples.Full, (_, sample) => new Sample([]));

        ReportFiles.Write(silent, _folder);

        File.ReadAllText(Path.Combine(_folder, "report.md")).ShouldContain("| HAProxy 2.6.12 | none |  |  |");
    }

    /// <summary>Reports of earlier builds are what --compare is for.</summary>
    [Fact]
    public void Read_ReportWithoutTheLaterFields_IsRead()
    {
        ReportFiles.Write(Samples.Full, _folder);
        string file = Path.Combine(_folder, "report.json");
        var json = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        json.Remove("leftOut").ShouldBeTrue();
        foreach (string fact in (string[])["congestionControl", "clockGovernor", "busyPercent", "stealPercent"])
            json["machine"]!.AsObject().Remove(fact).ShouldBeTrue();
        foreach (var path in json["paths"]!.AsArray()) path!.AsObject().Remove("version").ShouldBeTrue();
        File.WriteAllText(file, json.ToJsonString());

        var read = ReportFiles.Read(file);

        read.Machine.ShouldBe(Samples.Full.Machine with { CongestionControl = "", ClockGovernor = "", BusyPercent = null, StealPercent = null });
        read.LeftOut.ShouldBeEmpty();
        read.Paths.ShouldAllBe(path => path.Version == "");
    }
}
