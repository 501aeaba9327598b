using System.CommandLine;

namespace UserProxy.App.CommandLine;

/// <summary>
/// A command line as kubectl takes it, put as this one is parsed: options before the command go behind it, and <c>svc NAME</c> becomes <c>svc/NAME</c>.
/// <see cref="CommandTree"/> asks it before anything is parsed.
/// </summary>
internal static class KubectlForms
{
    /// <summary>In the names of arguments that take a Service, or say of one what else to ask.</summary>
    private static readonly string[] OfServices = ["[NS/]NAME", "PORT"];

    /// <summary>The same arguments where there is nothing to put elsewhere.</summary>
    public static IReadOnlyList<string> Replace(RootCommand root, IReadOnlyList<string> args) => WithKinds(root, WithCommandFirst(root, args));

    private static IReadOnlyList<string> WithCommandFirst(RootCommand root, IReadOnlyList<string> args)
    {
        if (args.Count < 2 || !IsOption(args[0]) || Find(root, args[0]) is not null) return args;
        for (int at = 1; at < args.Count && args[at] != "--"; at++)
        {
            var (command, end) = CommandAt(root, args, at);
            if (end > at && AreOptionsOf(command, root, args, at)) return [.. args.Skip(at).Take(end - at), .. args.Take(at), .. args.Skip(end)];
        }

        return args;
    }

    private static IReadOnlyList<string> WithKinds(RootCommand root, IReadOnlyList<string> args)
    {
        var (command, end) = CommandAt(root, args, 0);
        if (!command.Arguments.Any(TakesServices)) return args;
        int kind = end;
        while (kind < args.Count && IsOption(args[kind]) && args[kind] != "--") kind += LengthOf(Find(command, args[kind]), args[kind]);
        return kind + 1 < args.Count && ServiceRef.IsKind(args[kind]) && !IsOption(args[kind + 1])
            ? [.. args.Take(kind), $"{args[kind]}/{args[kind + 1]}", .. args.Skip(kind + 2)]
            : args;
    }

    private static bool TakesServices(Argument argument) =>
        OfServices.Any(name => (argument.HelpName ?? argument.Name).StartsWith(name, StringComparison.Ordinal));

    /// <summary>The innermost that is named from there on, and where its name ends: at <paramref name="at"/> when none is.</summary>
    private static (Command Command, int End) CommandAt(RootCommand root, IReadOnlyList<string> args, int at)
    {
        Command command = root;
        while (at < args.Count && command.Subcommands.FirstOrDefault(sub => sub.Name == args[at]) is { } named)
        {
            command = named;
            at++;
        }

        return (command, at);
    }

    /// <summary>Everything before <paramref name="end"/> is an option of the command, with its value where it has one.</summary>
    private static bool AreOptionsOf(Command command, RootCommand root, IReadOnlyList<string> args, int end)
    {
        int at = 0;
        while (at < end)
        {
            if (!IsOption(args[at]) || (Find(command, args[at]) ?? Find(root, args[at])) is not { } option) return false;
            at += LengthOf(option, args[at]);
        }

        return at == end;
    }

    /// <summary>In words: one with its value behind it has two. One that is not known has no value.</summary>
    private static int LengthOf(Option? option, string word) => option is { Arity.MinimumNumberOfValues: > 0 } && !word.Contains('=') ? 2 : 1;

    private static Option? Find(Command command, string word)
    {
        string name = word.Split('=')[0];
        return command.Options.FirstOrDefault(option => option.Name == name || option.Aliases.Contains(name));
    }

    private static bool IsOption(string word) => word.Length > 1 && word[0] == '-';
}
