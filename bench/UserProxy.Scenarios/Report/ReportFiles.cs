using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Report;

/// <summary>The files that a run leaves: report.json, report.md and report.html.</summary>
internal static class ReportFiles
{
    /// <summary>Returns the path of the page.</summary>
    public static string Write(BenchReport report, string folder) => throw new NotImplementedException($"{report.Scenarios.Count} scenarios to {folder}");
}
