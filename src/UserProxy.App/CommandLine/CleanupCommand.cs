using System.CommandLine;
using UserProxy.Linux.Transparent;
using UserProxy.Linux.VirtualIPs;

namespace UserProxy.App.CommandLine;

/// <summary><c>cleanup</c>: takes back what runs have added to the node. For people, and for the chart's uninstall job.</summary>
internal static class CleanupCommand
{
    private const string Examples = """
          userproxy cleanup
              remove the routes, rules and nftables tables of former runs; nothing to remove is fine
          userproxy cleanup --force
              also while a run serves them, which puts them back within 30 s
        """;

    public static Command Create(Surroundings surroundings)
    {
        var force = new Option<bool>("--force") { Description = "Remove although a run serves virtual IPs on this node." };
        var command = new DocumentedCommand(
            "cleanup", "Remove every route, rule and nftables table that runs have added to this node, also those of a crashed one.", Examples) { force };
        command.SetAction((parse, cancellation) => RunAsync(parse.GetValue(force), surroundings, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(bool force, Surroundings surroundings, CancellationToken cancellation)
    {
        if (!OperatingSystem.IsLinux())
        {
            await surroundings.Out.WriteLineAsync("nothing to remove: routes and rules are added on Linux only");
            return ExitCode.Done;
        }

        var result = await VirtualIPCleanup.RunAsync(force, surroundings.Time, cancellation: cancellation);
        if (result.InUse)
        {
            await surroundings.ComplainAsync("userproxy is running here and would put back what is removed: stop it first, or give --force");
            return ExitCode.Failed;
        }

        var sources = await TransparentCleanup.RunAsync(cancellation: cancellation);
        // What hinders both is said once.
        List<string> problems = [.. result.Problems.Concat(sources.Problems).Distinct()];
        await surroundings.Out.WriteLineAsync(
            Describe(result.Routes + sources.Routes, sources.Rules, result.Tables + sources.Tables, problems.Count > 0));
        foreach (string line in result.Notes.Concat(problems)) await surroundings.Error.WriteLineAsync(line);
        return problems.Count == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    private static string Describe(int routes, int rules, int tables, bool hasProblems)
    {
        if (routes + rules + tables == 0) return hasProblems ? "nothing removed" : "nothing to remove";
        string ofRouting = rules == 0 ? "" : $", {Amount.Of(rules, "rule")}";
        return $"removed {Amount.Of(routes, "route")}{ofRouting} and {Amount.Of(tables, "nftables table")}";
    }
}
