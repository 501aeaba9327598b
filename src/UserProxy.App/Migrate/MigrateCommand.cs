using System.CommandLine;
using UserProxy.App.CommandLine;
using UserProxy.App.Configuration;
using UserProxy.Kubernetes.Client.Access;

namespace UserProxy.App.Migrate;

/// <summary>
/// <c>migrate plan</c>: what would change if UserProxy took over from kube-proxy on this node. Reads, and changes nothing. Beside it
/// <see cref="ConvertCommand"/>.
/// </summary>
internal static class MigrateCommand
{
    private const string Examples = """
          userproxy migrate plan --kubeconfig ~/.kube/config
              what a move from kube-proxy would change; nothing is touched
          userproxy migrate convert --kubeconfig ~/.kube/config
              kube-proxy's settings as a configuration of ours
        """;

    private const string PlanExamples = """
          sudo userproxy migrate plan --kubeconfig ~/.kube/config
              on a node, as root: the cluster, its ConfigMap kube-proxy, the ports and rules of this node
          userproxy migrate plan --config /var/lib/kube-proxy/config.conf --manifests services.yaml --no-node-checks
              from files alone, anywhere
          userproxy migrate plan --manifests services.yaml --settings userproxy.yaml -o json
              with decisions that were made already, for a script; exit code 1 while any is left
        """;

    public static Command Create(Surroundings surroundings) =>
        new DocumentedCommand("migrate", "Move from kube-proxy to UserProxy: what would change, and its settings in ours.", Examples)
        {
            CreatePlan(surroundings), ConvertCommand.Create(surroundings),
        };

    /// <summary>Where kube-proxy's configuration is, for each command of <c>migrate</c>.</summary>
    internal static Option<string> ConfigOption() => new("--config")
    {
        Description =
            "kube-proxy's configuration, or a saved ConfigMap or List that holds it under any key. Default: kube-proxy or kube-proxy-config in the "
                + "cluster's kube-system.",
        HelpName = "FILE",
    };

    /// <summary>Input that cannot be used, or a cluster that cannot be read, is said on standard error and decides the exit code.</summary>
    internal static async Task<int> AnswerAsync(Func<Task<int>> answer, Surroundings surroundings)
    {
        try
        {
            return await answer();
        }
        catch (ConfigurationException e)
        {
            await surroundings.ComplainAsync([.. e.Problems.Select(problem => PrintedLine.Of(problem))]);
            return ExitCode.BadUsage;
        }
        catch (ClusterAccessException e)
        {
            await surroundings.ComplainAsync(PrintedLine.Of(e.Message));
            return ExitCode.Unreachable;
        }
    }

    private static DocumentedCommand CreatePlan(Surroundings surroundings)
    {
        var config = ConfigOption();
        var settings = new Option<string>("--settings")
        {
            Description = "A UserProxyConfiguration to plan for: what it decides is not asked.",
            HelpName = "FILE",
        };
        var kubeconfig = new Option<string>("--kubeconfig")
        {
            Description =
                "The cluster to read, with the rights of an administrator. Default: kube-proxy's own file where it exists, or the cluster of this Pod.",
            HelpName = "FILE",
        };
        var manifests = new Option<string[]>("--manifests")
        {
            Description = "Files or folders with Services instead of a cluster. Repeatable.",
            HelpName = "PATH",
        };
        var nodeName = new Option<string>("--node-name") { Description = "The node to plan for. Default: as for run.", HelpName = "NAME" };
        var noNode = new Option<bool>("--no-node-checks") { Description = "Leave out the ports and rules of this machine: it is not the node." };
        var output = AskingCommand.OutputOption("text", "json");
        var command = new DocumentedCommand(
            "plan", "Say what a move from kube-proxy would change on this node. Exit code 0: nothing to decide; 1: something is, or what the plan depends on "
                + "is missing: Services to serve, or the Node (manifests without any Node are planned for any node, unless a Local policy, topology hints "
                + "or nodePortAddresses primary make a difference); 64: bad input; 69: the cluster does not answer.", PlanExamples)
        {
            config, settings, kubeconfig, manifests, nodeName, noNode, output,
        };
        command.SetAction((parse, cancellation) =>
        {
            var request = new PlanRequest(
                parse.GetValue(config),
                parse.GetValue(settings),
                parse.GetValue(kubeconfig),
                parse.GetValue(manifests) ?? [],
                parse.GetValue(nodeName),
                LooksAtNode: !parse.GetValue(noNode));
            return AnswerAsync(() => PlanAsync(request, parse.GetValue(output) == "json", surroundings, cancellation), surroundings);
        });
        return command;
    }

    private static async Task<int> PlanAsync(PlanRequest request, bool json, Surroundings surroundings, CancellationToken cancellation)
    {
        var plan = PlanMaker.Make(await new PlanReader(request, surroundings).ReadAsync(cancellation));
        if (json) await surroundings.Out.WriteLineAsync(PlanJson.Write(plan));
        else new PlanText(surroundings.Out, Screen.Of(surroundings)).Write(plan);
        return plan.Decisions.Any() || plan.Needs.Count > 0 ? ExitCode.Failed : ExitCode.Done;
    }
}
