using System.CommandLine;
using UserProxy.App.CommandLine;

namespace UserProxy.App.Check;

/// <summary><c>check FILE...</c>: says what is wrong before it is served.</summary>
internal static class CheckCommand
{
    private const string Examples = """
          userproxy check services.yaml
              prints file:line: reason for each mistake; exit code 64 when there is one, 1
              when there are warnings: it can be read, and serves nobody or not as it looks, such
              as a Service of which no endpoint is ready
          userproxy check userproxy.yaml /etc/userproxy/services
              a configuration with the files that it names, and a folder of manifests,
              conflicts between its files included; of a folder only manifests count, as
              for run; a file with nothing in it is a mistake where it is named by itself;
              exit code 1 when a folder has nothing to check
        """;

    public static Command Create(Surroundings surroundings)
    {
        var files = new Argument<string[]>("FILE")
        {
            Description = "Configuration files, kubeconfigs, manifests, or folders of manifests; told apart by what is in them.",
            Arity = ArgumentArity.OneOrMore,
        };
        var command = new DocumentedCommand("check", "Validate configuration and manifests.", Examples) { files };
        command.SetAction(parse => RunAsync(FileCheck.Of(parse.GetValue(files)!, surroundings), surroundings));
        return command;
    }

    private static async Task<int> RunAsync(FileCheck check, Surroundings surroundings)
    {
        // In a pipe each has its line, as programs read it.
        var screen = Screen.Of(surroundings);
        foreach (string line in check.Findings.SelectMany(finding => screen.Wrap(PrintedLine.Of(finding.ToString()), Screen.Indent)))
            surroundings.Out.WriteLine(line);
        if (check.HasErrors)
        {
            await surroundings.ComplainAsync(check.Summary);
            return ExitCode.BadUsage;
        }

        if (check.HasWarnings)
        {
            await surroundings.ComplainAsync(check.Summary);
            return ExitCode.Failed;
        }

        await surroundings.Out.WriteLineAsync(check.Summary);
        if (!check.FoundNothing) return ExitCode.Done;
        // A green would be taken for one that has read something.
        await surroundings.ComplainAsync("nothing was checked: no configuration and no Service, EndpointSlice or Node is in what was named");
        return ExitCode.Failed;
    }
}
