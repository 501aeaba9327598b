using System.CommandLine;
using System.Runtime.Versioning;
using UserProxy.Scenarios;
using UserProxy.Scenarios.Paths;

[assembly: SupportedOSPlatform("linux")]

return args switch
{
    // Started by a run, inside the node's namespace.
    [ClusterCommand.Name, var objects, var kubeconfig] => await ClusterCommand.RunAsync(objects, kubeconfig),
    [SlowRelayCommand.Name, .. var numbers] => await SlowRelayCommand.RunAsync(numbers),
    [UserspaceCommand.Name, .. var services] => await UserspaceCommand.RunAsync(services),
    // No time limit after Ctrl-C: the run ends by itself, and only when it has cleaned up.
    _ => await BenchCommand.Make().Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null }),
};
