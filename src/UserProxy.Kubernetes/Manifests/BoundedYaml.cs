using System.Text;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace UserProxy.Kubernetes.Manifests;

/// <summary>
/// YAML text to nodes within the bounds of <see cref="BoundedParser"/>: for manifests, and for the executable's configuration files, which come from
/// the same hands.
/// </summary>
public static class BoundedYaml
{
    private const int MaxDepth = 64;
    private const int MaxNodes = 1_000_000; // about 150 MB while a file is being read: 10,000 Services with their slices are 650,000

    /// <summary>YamlException, with its line, for what is not YAML or costs more than a file may; nothing else.</summary>
    public static YamlStream Load(string text) => Load(text, parser => parser);

    /// <summary>The same, but a key that is written again counts, and not the one before it, as in JSON.</summary>
    /// <param name="text">Any number of documents.</param>
    /// <param name="repeated">The keys that were written again, with the last line of each.</param>
    public static YamlStream LoadLastKeys(string text, out IReadOnlyList<(string Key, long Line)> repeated)
    {
        LastKeys? last = null;
        var yaml = Load(text, parser => last = new LastKeys(parser));
        repeated = last!.Repeated;
        return yaml;
    }

    /// <summary>What can be read of several documents. YamlException when nothing can, or all of it together costs more than a file may.</summary>
    /// <param name="text">Any number of documents; those that cannot be read are null in the result.</param>
    /// <param name="faults">Of those.</param>
    public static YamlStream LoadReadable(string text, out IReadOnlyList<YamlFault> faults)
    {
        faults = [];
        text = WithLineFeeds(text);
        try
        {
            return Load(text);
        }
        catch (YamlException) when (WithoutUnreadable(text, out faults) is { } readable)
        {
            return Load(readable);
        }
    }

    /// <summary>
    /// Every line break of YAML is one (YAML 1.2, 5.4), and the rest of this folder looks for no other. A text that has none but these stays the same.
    /// </summary>
    private static string WithLineFeeds(string text) =>
        text.Contains('\r') ? text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n') : text;

    private static string? WithoutUnreadable(string text, out IReadOnlyList<YamlFault> faults)
    {
        faults = [];
        // Together they would cost too much, whatever is in them.
        if (YamlPart.Of(text).Skip(MaxNodes / BoundedParser.DocumentCost).Any()) return null;
        var readable = new StringBuilder(text.Length);
        var found = new List<YamlFault>();
        bool any = false;
        foreach (var part in YamlPart.Of(text))
        {
            try
            {
                Load(part.Text);
                readable.Append(part.Text);
                any = true;
            }
            catch (YamlException e)
            {
                found.Add(new YamlFault(part.Document, part.FirstLine + e.Start.Line - 1, e.Message));
                // As many lines, so that those of the other documents stay what they are.
                readable.Append("--- ~").Append('\n', (int)part.Lines);
            }
        }

        faults = found;
        return any && found.Count > 0 ? readable.ToString() : null;
    }

    private static YamlStream Load(string text, Func<IParser, IParser> between)
    {
        text = WithLineFeeds(text);
        text = JsonValues.Separate(text) ?? text;
        try
        {
            return LoadAsItIs(text, between);
        }
        catch (YamlException) when (ContinuationLines.Indent(text, out var lines) is { } indented)
        {
            ContinuationCheck? check = null;
            try
            {
                var yaml = LoadAsItIs(indented, parser => between(check = new ContinuationCheck(parser, lines)));
                if (check!.Passed) return yaml;
            }
            catch (YamlException)
            {
                // What was wrong first is what its author should hear.
            }

            throw;
        }
    }

    private static YamlStream LoadAsItIs(string text, Func<IParser, IParser> between)
    {
        var parser = new BoundedParser(new Parser(new SteadyScanner(new Scanner(new StringReader(text)))), MaxDepth, MaxNodes);
        try
        {
            var yaml = new YamlStream();
            yaml.Load(between(parser));
            return yaml;
        }
        catch (YamlException e) when (e.Message.Contains(" tab ", StringComparison.Ordinal) && LineOfTab(text, e.Start.Line) is { } line)
        {
            var at = new Mark(0, line, 1);
            throw new YamlException(at, at, e.Message, e);
        }
        // The parser's internal checks let some broken flow collections through to an exception of its own state.
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException or FormatException or OverflowException)
        {
            var (start, end) = parser.Current is { } last ? (last.Start, last.End) : (Mark.Empty, Mark.Empty);
            throw new YamlException(start, end, "is not well-formed YAML from here on", e);
        }
    }

    /// <summary>The scanner says where the token begins that the tab is in the way of, which may be many lines before it.</summary>
    private static long? LineOfTab(string text, long from)
    {
        long number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (++number >= from && line[..(line.Length - line.TrimStart().Length)].Contains('\t')) return number;
        }

        return null;
    }
}

/// <summary>One document of a text that could not be read, while others could.</summary>
/// <param name="Document">From 1, as a reader would count.</param>
/// <param name="Line">From 1.</param>
/// <param name="Reason">Of the parser.</param>
public sealed record YamlFault(int Document, long Line, string Reason);
