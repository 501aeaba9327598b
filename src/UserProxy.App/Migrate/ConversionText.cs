using System.Text.RegularExpressions;
using UserProxy.App.CommandLine;
using UserProxy.App.Configuration;

namespace UserProxy.App.Migrate;

/// <summary>A <see cref="Conversion"/> as a configuration file: each field with where it comes from, and in comments what was left out, and why.</summary>
internal static partial class ConversionText
{
    public static void Write(TextWriter output, Conversion conversion)
    {
        Line($"# Made by userproxy migrate convert from kube-proxy's configuration: {conversion.Source}");
        Line($"apiVersion: {UserProxyFile.ApiVersion}");
        Line($"kind: {UserProxyFile.Kind}");
        var lines = conversion.Fields.Select(field => (Text: LineOf(field), Comment: CommentOf(field), IsDefault: IsDefault(field))).ToList();
        int width = lines.Select(line => line.Text.Length).DefaultIfEmpty(0).Max();
        foreach (var (text, comment, _) in lines.Where(line => !line.IsDefault)) Line($"{text.PadRight(width)}  # {comment}");
        if (lines.Exists(line => line.IsDefault)) Line($"{ServiceDefaults.Field}:");
        foreach (var (text, comment, _) in lines.Where(line => line.IsDefault)) Line($"{text.PadRight(width)}  # {comment}");
        Left("To be decided by you: kube-proxy does it, and nothing above does.", conversion.Undecided);
        Left("Left out, as nothing changes here:", conversion.WithoutMeaning);

        void Left(string heading, IReadOnlyList<LeftField> fields)
        {
            if (fields.Count == 0) return;
            output.WriteLine();
            Line($"# {heading}");
            foreach (var field in fields)
            {
                Line($"#   {field.Fate.Name}: {field.Fate.Value}: {field.Why}");
                if (field.Action is { } action) Line($"#     > {action}");
            }
        }

        // What stands in the file may have been written by anybody: no line of it begins another.
        void Line(string text) => output.WriteLine(PrintedLine.Of(text));
    }

    private static bool IsDefault(ConvertedField field) => field.Name.StartsWith($"{ServiceDefaults.Field}.", StringComparison.Ordinal);

    private static string CommentOf(ConvertedField field) => field.Note is { } note ? $"{field.From} ({note})" : field.From;

    private static string LineOf(ConvertedField field) =>
        IsDefault(field) ? $"  {field.Name[(ServiceDefaults.Field.Length + 1)..]}: {ValueOf(field.Value)}" : $"{field.Name}: {ValueOf(field.Value)}";

    private static string ValueOf(object value) => value switch
    {
        bool truth => truth ? "true" : "false",
        string[] texts => $"[{string.Join(", ", texts.Select(TextOf))}]",
        string text => TextOf(text),
        _ => throw new ArgumentOutOfRangeException(nameof(value), value, "no field of kube-proxy gives such a value"),
    };

    private static string TextOf(string text) => Duration().IsMatch(text) ? WithoutZeros(text) : Address().IsMatch(text) ? text : YamlText.Scalar(text);

    /// <summary>As a person writes it: 24h, not 24h0m0s.</summary>
    private static string WithoutZeros(string duration)
    {
        if (duration.EndsWith("m0s", StringComparison.Ordinal)) duration = duration[..^2];
        return duration.EndsWith("h0m", StringComparison.Ordinal) ? duration[..^2] : duration;
    }

    [GeneratedRegex(@"^(\d+(\.\d+)?(ns|µs|ms|s|m|h))+$")]
    private static partial Regex Duration();

    /// <summary>One of IPv4, with a port or as a block: to YAML nothing but a text.</summary>
    [GeneratedRegex(@"^\d+(\.\d+){3}([:/]\d+)?$")]
    private static partial Regex Address();
}
