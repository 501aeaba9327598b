using System.CommandLine;
using UserProxy.App.CommandLine;

namespace UserProxy.App.Tests.Reference;

/// <summary>Every command with its arguments, options and examples, from the tree that parses command lines.</summary>
internal static class CliReference
{
    public static async Task<string> MakeAsync()
    {
        var root = CommandTree.Create(new Cli().Surroundings);
        var page = new Markdown()
            .Heading(1, "Commands")
            .Paragraph(
                "Made from the code by a test (`ReferenceTests`); do not edit. How the commands are used: [looking at a running proxy](../cli.md), [who "
                    + "handles a port](../inspect.md), [replacing kube-proxy](../replacing-kube-proxy.md).")
            .Paragraph(
                "Data goes to standard output, talk to standard error. There is colour only on a terminal, and never with `NO_COLOR`. Every command has "
                    + "`--help`.")
            .Heading(2, "Exit codes")
            .Table(
                ["code", "means"],
                [
                    [$"{ExitCode.Done}", "done; nothing found"],
                    [$"{ExitCode.Failed}",
                        "failed (also where the output cannot be written), or found what it looks for: `status`: not ready, or something is wrong; "
                            + "`inspect --all`: something is stuck or unserved; `sysdump`: parts are missing; `migrate plan`: something needs a "
                            + "decision, or what the plan depends on is missing (Services, the Node); "
                            + "`check`: warnings alone; `list`: the source cannot be read; "
                            + "`migrate convert`: something is left to decide; `explain`, `list NS/NAME`: not served; `verify`: a step failed; "
                            + "a second `run` on the node that could not take over"],
                    ["2", "`inspect` alone: neither `handled` (0) nor `placeholder` or `unserved` (1); also when it cannot look, one port or `--all`"],
                    [$"{ExitCode.BadUsage}", "bad usage, configuration or manifest: trying again without changing the input is pointless"],
                    [$"{ExitCode.Unreachable}",
                        "no running proxy answers (`list`, `connections`, `explain`, `status`, `verify`), or no API server (`migrate`, "
                            + "`inspect --all --kubeconfig`)"],
                ]);
        foreach (var command in Walk(root)) await WriteAsync(page, command);
        return page.ToString();
    }

    private static async Task WriteAsync(Markdown page, Command command)
    {
        string path = CommandTree.PathOf(command);
        page.Heading(2, path).Paragraph(command.Description!);
        if (command.Arguments.Count > 0)
            page.Table(
                ["argument", "values", "means"],
                command.Arguments.Select(argument => new[] { Markdown.Literal(argument.Name), Arity(argument), argument.Description ?? "" }));
        var options = command.Options.Where(option => option is not (System.CommandLine.Help.HelpOption or VersionOption)).ToList();
        if (options.Count > 0)
            page.Table(
                ["option", "value", "means"],
                options.Select(
                    option => new[] { Markdown.Literal(string.Join(", ", [.. option.Aliases, option.Name])), Markdown.Literal(option.HelpName ?? ""),
                        Meaning(option) }));
        page.Code("text", await ExamplesAsync(command));
    }

    private static string Meaning(Option option) =>
        option.HasDefaultValue && option.GetDefaultValue() is string given ? $"{option.Description}. Default: {given}." : option.Description!;

    private static string Arity(Argument argument) => (argument.Arity.MinimumNumberOfValues, argument.Arity.MaximumNumberOfValues) switch
    {
        (0, 1) => "may be left out",
        (1, 1) => "one",
        (1, _) => "one or more",
        _ => "any number",
    };

    /// <summary>As --help prints them.</summary>
    private static async Task<string> ExamplesAsync(Command command)
    {
        var cli = new Cli();
        await cli.RunAsync([.. CommandTree.PathOf(command).Split(' ').Skip(1), "--help"]);
        string help = cli.Out.ToString();
        const string heading = "Examples:\n";
        return string.Join(
            '\n', help[(help.LastIndexOf(heading, StringComparison.Ordinal) + heading.Length)..].TrimEnd().Split(
                '\n').Select(line => line.StartsWith("  ", StringComparison.Ordinal) ? line[2..] : line));
    }

    private static IEnumerable<Command> Walk(Command command) => command.Subcommands.SelectMany(Walk).Prepend(command);
}
