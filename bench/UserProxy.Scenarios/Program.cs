using System.Runtime.Versioning;
using UserProxy.Scenarios;
using UserProxy.Scenarios.Paths;

[assembly: SupportedOSPlatform("linux")]

return args switch
{
    // Started by a run, inside the node's namespace.
    [ClusterCommand.Name, var objects, var kubeconfig] => await ClusterCommand.RunAsync(objects, kubeconfig),
    [SlowRelayCommand.Name, .. var numbers] => await SlowRelayCommand.RunAsync(numbers),
    _ => await BenchCommand.Make().Parse(args).InvokeAsync(),
};
