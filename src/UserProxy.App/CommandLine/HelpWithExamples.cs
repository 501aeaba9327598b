using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace UserProxy.App.CommandLine;

/// <summary>
/// The library's help, followed by the command's examples: the part that people read first. The library writes every argument as <c>&lt;NAME&gt;</c>; one that
/// may be left out becomes <c>[NAME]</c>, as in every manual page.
/// </summary>
/// <param name="help">The library's.</param>
/// <param name="examples">Of the program itself.</param>
/// <param name="width">Columns of the terminal; null for none, which gets all in one line.</param>
internal sealed class HelpWithExamples(HelpAction help, string examples, Func<int?> width) : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        var configuration = parseResult.InvocationConfiguration;
        var output = configuration.Output;
        var command = parseResult.CommandResult.Command;
        using var text = new StringWriter { NewLine = "\n" };
        configuration.Output = text;
        // It is laid out here.
        help.MaxWidth = int.MaxValue;
        int code;
        try
        {
            code = help.Invoke(parseResult);
        }
        finally
        {
            configuration.Output = output;
        }

        var lines = text.ToString().TrimEnd('\n').Split('\n').Select(line => Bracketed(line, command));
        foreach (string line in width() is { } columns ? new HelpLayout(columns).Of(lines) : lines) output.WriteLine(line);
        output.WriteLine();
        output.WriteLine("Examples:");
        string[] shown = (command is DocumentedCommand documented ? documented.Examples : examples).Split('\n');
        foreach (string line in width() is { } room ? new HelpLayout(room).Examples(shown) : shown) output.WriteLine(line);
        output.WriteLine();
        return code;
    }

    private static string Bracketed(string line, Command command)
    {
        if (line.StartsWith(' ') && line.EndsWith(" [options]", StringComparison.Ordinal)) return Usage(line, command);
        if (line.StartsWith("  <", StringComparison.Ordinal)) return Label(line, at: 2, command.Arguments);
        foreach (var child in command.Subcommands)
        {
            if (line.StartsWith($"  {child.Name} <", StringComparison.Ordinal)) return Label(line, at: child.Name.Length + 3, child.Arguments);
        }

        return line;
    }

    /// <summary><c>userproxy list [[NS/]NAME...] [options]</c></summary>
    private static string Usage(string line, Command command)
    {
        foreach (var argument in command.Arguments)
        {
            string name = argument.HelpName ?? argument.Name;
            line = IsOptional(argument)
                ? line.Replace($"[<{argument.Name}>", $"[{name}", StringComparison.Ordinal)
                : line.Replace($"<{argument.Name}>", $"<{name}>", StringComparison.Ordinal);
        }

        return line;
    }

    /// <summary>In a column, which stays as wide as it is.</summary>
    private static string Label(string line, int at, IList<Argument> arguments)
    {
        int end = line.IndexOf('>', at), gap = line.IndexOf("  ", at, StringComparison.Ordinal);
        bool isLabel = end > 0 && (gap < 0 || end < gap);
        return isLabel && arguments.All(IsOptional) ? $"{line[..at]}[{line[(at + 1)..end]}]{line[(end + 1)..]}" : line;
    }

    private static bool IsOptional(Argument argument) => argument.Arity.MinimumNumberOfValues == 0;
}
