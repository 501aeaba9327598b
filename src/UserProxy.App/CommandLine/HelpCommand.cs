using System.CommandLine;

namespace UserProxy.App.CommandLine;

/// <summary><c>help [COMMAND...]</c>: the same as <c>COMMAND --help</c>, which <see cref="CommandTree"/> makes of it before anything is parsed.</summary>
internal static class HelpCommand
{
    public const string Name = "help";

    private const string Examples = """
          userproxy help list
              the same as userproxy list --help
        """;

    public static Command Create() => new DocumentedCommand(Name, "Show the help of a command, with examples.", Examples)
    {
        new Argument<string[]>("COMMAND") { Description = "Which. Default: userproxy as a whole.", Arity = ArgumentArity.ZeroOrMore },
    };

    /// <summary>What is to be parsed in place of <paramref name="args"/>: somebody who types nothing but a command asks what there is.</summary>
    public static IReadOnlyList<string> Replace(IReadOnlyList<string> args) =>
        args.Count == 0 ? ["--help"]
        : args[0] == Name && !args.Skip(1).Any(arg => arg.StartsWith('-')) && args.Count > 1 ? [.. args.Skip(1), "--help"]
        : args is [Name] ? ["--help"]
        : args;
}
