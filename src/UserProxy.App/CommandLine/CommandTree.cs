using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using UserProxy.App.Check;
using UserProxy.App.Connections;
using UserProxy.App.Demo;
using UserProxy.App.Explain;
using UserProxy.App.Inspect;
using UserProxy.App.List;
using UserProxy.App.Migrate;
using UserProxy.App.Probe;
using UserProxy.App.Run;
using UserProxy.App.Runbook;
using UserProxy.App.Status;
using UserProxy.App.Sysdump;
using UserProxy.App.Top;
using UserProxy.App.Trace;
using UserProxy.App.Verify;

namespace UserProxy.App.CommandLine;

/// <summary>All commands of <c>userproxy</c>, and the one rule for turning a command line into an exit code.</summary>
internal static class CommandTree
{
    private const string Examples = """
          userproxy demo
              try it: three backends, one Service, no cluster and no root
          userproxy run --manifests services.yaml
              serve the Services of a file on this node
          userproxy check services.yaml
              find mistakes before they are served
          userproxy list
              what the proxy that runs here serves
          userproxy explain default/web
              where the next connection to a Service would go, and why
        """;

    public static async Task<int> InvokeAsync(IReadOnlyList<string> args, Surroundings surroundings, CancellationToken cancellationToken = default)
    {
        try
        {
            return await ParseAndRunAsync(args, surroundings, cancellationToken);
        }
        catch (IOException)
        {
            // Nobody can read what we say (a full disk, a closed pipe), so there is nobody to tell.
            return ExitCode.Failed;
        }
    }

    private static async Task<int> ParseAndRunAsync(IReadOnlyList<string> args, Surroundings surroundings, CancellationToken cancellationToken)
    {
        var root = Create(surroundings);
        args = KubectlForms.Replace(root, args);
        var parse = root.Parse(HelpCommand.Replace(args));
        // A group of commands without one of them (userproxy migrate) has nothing to do but to say what there is.
        if (parse is { Action: ParseErrorAction, UnmatchedTokens.Count: 0, CommandResult.Command: { Subcommands.Count: > 0, Action: null } })
            parse = root.Parse([.. args, "--help"]);
        if (UsageError.StrayOption(parse, args) is { } stray)
        {
            await surroundings.ComplainAsync(stray);
            return ExitCode.BadUsage;
        }

        // With --help the library does not look at what it cannot place. A shell that asks for completions gives the whole line as one word.
        bool isCompletion = args is [var first, ..] && first.StartsWith("[suggest", StringComparison.Ordinal);
        bool isUnknown = !isCompletion && parse.UnmatchedTokens.Count > 0 && parse.CommandResult.Command.Subcommands.Count > 0;
        if (parse.Action is ParseErrorAction || isUnknown)
        {
            await surroundings.ComplainAsync(UsageError.Of(parse));
            return ExitCode.BadUsage;
        }

        var invocation = new InvocationConfiguration
        {
            Output = surroundings.Out,
            Error = surroundings.Error,
            // Signals are the commands' own business: `run` drains.
            ProcessTerminationTimeout = null,
            EnableDefaultExceptionHandler = false,
        };
        try
        {
            return await parse.InvokeAsync(invocation, cancellationToken);
        }
        catch (IOException exception)
        {
            // Most often our own output: a full disk or a closed pipe.
            await surroundings.ComplainAsync($"userproxy: {FileFault.OfOutput(exception)}");
            return ExitCode.Failed;
        }
        catch (Exception exception)
        {
            // What commands foresee they handle themselves: this is a defect, or a machine in trouble. Said in full, and with an exit code of ours.
            await surroundings.ComplainAsync(exception.ToString());
            return ExitCode.Failed;
        }
    }

    internal static RootCommand Create(Surroundings surroundings)
    {
        var root = new RootCommand("UserProxy: kube-proxy in user space. Accepts every connection to a Service and relays it to a Pod that answers.")
        {
            RunCommand.Create(surroundings),
            DemoCommand.Create(surroundings),
            CheckCommand.Create(surroundings),
            ListCommand.Create(surroundings),
            TopCommand.Create(surroundings),
            ConnectionsCommand.Create(surroundings),
            ExplainCommand.Create(surroundings),
            TraceCommand.Create(surroundings),
            StatusCommand.Create(surroundings),
            ProbeCommand.Create(surroundings),
            VerifyCommand.Create(surroundings),
            CleanupCommand.Create(surroundings),
            InspectCommand.Create(surroundings),
            SysdumpCommand.Create(surroundings),
            MigrateCommand.Create(surroundings),
            RunbookCommand.Create(surroundings),
            CompletionCommand.Create(surroundings),
            VersionCommand.Create(surroundings),
            HelpCommand.Create(),
        };
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples((HelpAction)help.Action!, Examples, () => Screen.Of(surroundings).Width);
        return root;
    }

    internal static string PathOf(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? $"{PathOf(parent)} {command.Name}" : "userproxy";
}
