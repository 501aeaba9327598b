using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;

namespace UserProxy.App.CommandLine;

/// <summary>What was wrong with a command line, in one line that begins with it, what may have been meant, and where to read on.</summary>
internal static partial class UsageError
{
    /// <summary>The first that a command has takes its files.</summary>
    private static readonly string[] FileOptions = ["--manifests", "--config"];

    public static string Of(ParseResult parse)
    {
        var command = parse.CommandResult.Command;
        string path = CommandTree.PathOf(command);
        string help = $"({path} --help)";
        if (parse.UnmatchedTokens is [var token, ..])
        {
            // Its letters may be right, and only its place is not.
            bool isEarly = token.StartsWith('-') && command is not RootCommand && parse.Tokens is [var first, ..] && first.Value == token;
            return PrintedLine.Of($"{(isEarly ? $"{token}: options go behind the command, {path}" : Unknown(token, command, path))} {help}");
        }

        return PrintedLine.Of($"{string.Join("; ", parse.Errors.Select(InOneLine).Distinct())} {help}");
    }

    /// <summary>A misspelt option must not be taken for the name of something; what is called so comes after <c>--</c>.</summary>
    public static string? StrayOption(ParseResult parse, IEnumerable<string> args)
    {
        if (args.Contains("--")) return null;
        var stray = parse.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens)
            .FirstOrDefault(token => token.Value.Length > 1 && token.Value[0] == '-');
        if (stray is null) return null;
        var command = parse.CommandResult.Command;
        string path = CommandTree.PathOf(command);
        return PrintedLine.Of($"{Unknown(stray.Value, command, path)} ({path} --help)");
    }

    /// <summary>What may be given stands there as a list, a value a line.</summary>
    private static string InOneLine(ParseError error)
    {
        if (error.SymbolResult is { Tokens: [var given, ..] } && Values().Match(error.Message) is { Success: true } list)
        {
            string what = error.SymbolResult switch
            {
                OptionResult option => option.IdentifierToken?.Value ?? option.Option.Name,
                ArgumentResult argument => argument.Argument.Name,
                _ => "",
            };
            string[] values = [.. list.Groups["value"].Captures.Select(capture => capture.Value)];
            string near = Nearest.To(given.Value, values) is { } meant ? $"; did you mean {meant}?" : "";
            return $"{what}: '{given.Value}' is none of {string.Join(", ", values)}{near}";
        }

        string[] lines = error.Message.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return lines.Length == 0 ? "" : lines.Length == 1 ? lines[0].TrimEnd('.') : $"{lines[0]} {string.Join(", ", lines[1..])}";
    }

    private static string Unknown(string token, Command command, string path)
    {
        bool isOption = token.StartsWith('-');
        string what = isOption ? $"{token}: {path} has no such option"
            : command.Subcommands.Count > 0 ? $"'{token}': no such command"
            : $"'{token}': {path} takes no {(command.Arguments.Count > 0 ? "further " : "")}argument";
        if (command is RootCommand && SaidOf(token) is { } said) return $"{what}; {said}";
        if (FileOptionOf(token, isOption, command) is { } file) return $"{what}; did you mean {file}?";
        var candidates = isOption
            ? Upward(command).SelectMany(level => level.Options.Where(option => level == command || option.Recursive))
                .SelectMany(option => option.Aliases.Append(option.Name)).Where(name => name.StartsWith('-') && name != "-?")
            : command.Subcommands.Select(sub => sub.Name);
        // Of one letter every other is near.
        string? meant = token.Length == 2 && isOption
            ? candidates.FirstOrDefault(name => name.StartsWith($"--{token[1]}", StringComparison.OrdinalIgnoreCase))
            : Nearest.To(token.Split('=')[0], [.. candidates]) ?? (isOption ? null : HabitOf(token, command));
        return meant is { } near ? $"{what}; did you mean {near}?" : what;
    }

    /// <summary>A file, as it is given to kubectl and to most programs: by <c>-f</c>, or by its name alone.</summary>
    private static string? FileOptionOf(string token, bool isOption, Command command)
    {
        string? option = FileOptions.FirstOrDefault(name => command.Options.Any(each => each.Name == name));
        return isOption ? (token.Split('=')[0] is "-f" or "--file" or "--filename" ? option : null)
            : option is not null && command.Arguments.Count == 0 ? $"{option} {token}"
            : null;
    }

    /// <summary>What other tools have a command for, and this one has none.</summary>
    private static string? SaidOf(string token) => token switch
    {
        "stop" or "restart" or "reload" => "a run ends by Ctrl-C or SIGTERM, and follows its files by itself",
        "logs" or "log" => "a run logs to its standard error (journalctl -u userproxy, kubectl logs)",
        _ => null,
    };

    /// <summary>What other tools call it.</summary>
    private static string? HabitOf(string token, Command command) => command is not RootCommand ? null : token switch
    {
        "get" or "ls" or "ps" or "services" or "svc" => "list",
        "describe" or "why" => "explain",
        "validate" or "lint" => "check",
        "start" or "serve" or "proxy" => "run",
        "health" or "healthz" or "ready" => "status",
        "endpoints" or "ep" => "list --stats",
        "doctor" or "diagnose" or "debug" or "test" => "verify",
        _ => null,
    };

    private static IEnumerable<Command> Upward(Command? command)
    {
        for (; command is not null; command = command.Parents.OfType<Command>().FirstOrDefault()) yield return command;
    }

    /// <summary>What the library says of a value that is not allowed ends with those that are, a line each.</summary>
    [GeneratedRegex(@"not recognized[^\n]*\n(\s*'(?<value>[^'\n]*)'\s*\n?)+$")]
    private static partial Regex Values();
}
