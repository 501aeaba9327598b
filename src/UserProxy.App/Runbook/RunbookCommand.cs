using System.CommandLine;
using System.CommandLine.Completions;
using UserProxy.App.CommandLine;

namespace UserProxy.App.Runbook;

/// <summary><c>runbook [NAME]</c>: what to do about an alert. Asks nobody: neither a proxy nor a network.</summary>
internal static class RunbookCommand
{
    private const string Examples = """
          userproxy runbook
              every alert with its severity
          userproxy runbook UserProxyWatchDown
              what the alert means, how to look, and what to do
          userproxy runbook watchdown
              the same
        """;

    public static Command Create(Surroundings surroundings)
    {
        var name = new Argument<string?>("NAME")
        {
            Description = "Of the alert, with or without UserProxy in front. Default: list them all.",
            Arity = ArgumentArity.ZeroOrOne,
            // Else help shows all that could complete it.
            HelpName = "NAME",
        };
        name.CompletionSources.Add(_ => RunbookPages.All.Select(entry => new CompletionItem(entry.Name)));
        var command = new DocumentedCommand("runbook", "Print what to do about an alert. Needs no network and no running proxy.", Examples) { name };
        command.SetAction((parse, _) => RunAsync(parse.GetValue(name), surroundings));
        return command;
    }

    private static async Task<int> RunAsync(string? name, Surroundings surroundings)
    {
        if (name is null)
        {
            Table().Write(surroundings.Out, Screen.Of(surroundings));
            return ExitCode.Done;
        }

        if (RunbookPages.Find(name) is not { } found)
        {
            string meant = RunbookPages.Near(name) is { } near ? $"; did you mean {near}?" : "";
            return await AskingCommand.RejectAsync(PrintedLine.Of($"'{name}': no such runbook{meant} (userproxy runbook lists them)"), surroundings);
        }

        await surroundings.Out.WriteLineAsync(RunbookPages.TextOf(found));
        return ExitCode.Done;
    }

    private static TextTable Table()
    {
        var table = new TextTable("NAME", "SEVERITY", "ABOUT").Drop("ABOUT").Colour(
            "SEVERITY", severity => severity switch { "critical" => Tone.Bad, "warning" => Tone.Warning, _ => Tone.None });
        foreach (var entry in RunbookPages.All) table.Add(entry.Name, entry.Severity, entry.About);
        return table;
    }
}
