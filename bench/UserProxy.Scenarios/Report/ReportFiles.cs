using System.Text;
using System.Text.Json;
using UserProxy.Scenarios.Report.Charts;
using UserProxy.Scenarios.Report.Html;
using UserProxy.Scenarios.Report.Json;
using UserProxy.Scenarios.Report.Markdown;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Report;

/// <summary>The files that a run leaves: report.json for programs, report.md with its report.svg for a repository, report.html for people.</summary>
internal static class ReportFiles
{
    public const string JsonName = "report.json";

    public const string MarkdownName = "report.md";

    public const string PictureName = "report.svg";

    public const string PageName = "report.html";

    /// <summary>Why nothing could be written there; null for nothing. Asked before a run that takes half an hour.</summary>
    public static string? FindObstacle(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            string probe = Path.Combine(folder, $".{Path.GetRandomFileName()}");
            File.WriteAllBytes(probe, new byte[4096]);
            File.Delete(probe);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    /// <summary>
    /// Writes all of them, over those of an earlier run; the figures first, so that a defect in a picture loses no measurement. Returns the path of the page.
    /// </summary>
    public static string Write(BenchReport report, string folder, Comparison? comparison = null)
    {
        Directory.CreateDirectory(folder);
        var sound = SoundReport.Of(report);
        File.WriteAllText(Path.Combine(folder, JsonName), JsonSerializer.Serialize(ReportDocument.Of(sound), ReportJson.Default.ReportDocument) + "\n");

        Save(Path.Combine(folder, MarkdownName), output => MarkdownReport.Write(output, sound, comparison));
        Save(Path.Combine(folder, PictureName), output => HeadlineChart.WriteFile(output, sound));
        string page = Path.GetFullPath(Path.Combine(folder, PageName));
        Save(page, output => HtmlReport.Write(output, sound, comparison));
        return page;
    }

    /// <summary>The report of an earlier run, out of its report.json: to draw it anew.</summary>
    /// <exception cref="JsonException">It is no report, or of another version.</exception>
    public static BenchReport Read(string file)
    {
        using var json = File.OpenRead(file);
        var document = JsonSerializer.Deserialize(json, ReportJson.Default.ReportDocument);
        return document?.ToReport() ?? throw new JsonException($"{file} holds no report");
    }

    private static void Save(string file, Action<TextWriter> write)
    {
        using var output = new StreamWriter(file, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { NewLine = "\n" };
        write(output);
    }
}
