using UserProxy.ConformanceTests;
using UserProxy.ConformanceTests.Report;
using Xunit.Runner.InProc.SystemConsole;

// Started by a test runner, it speaks that runner's protocol and prints nothing of its own; started by hand, it prints the table.
if (args.Any(argument => argument is "@@" or "-automated" or "--server" or "--internal-msbuild-node")) return await ConsoleRunner.Run(args);

if (args.Contains("--help"))
{
    Console.WriteLine("""
        What sig-network's e2e tests ask of a service proxy, asked of this checkout's userproxy in namespaces of this machine, as root, with ip and nft; or,
        with --pods, of the proxy that a cluster's nodes run.

          --kubeconfig FILE   the cluster whose API is used. Default: the first file of KUBECONFIG; without either, the fake API server
          --fake              the fake API server, whatever KUBECONFIG says
          --pods              backends and clients are Pods of the cluster, and its own service proxy is asked; needs neither root nor a tool
          --pod-image IMAGE   of these Pods. Default: registry.k8s.io/e2e-test-images/agnhost:2.53
          --report FILE       write the table there as well
          --label VALUE       the value of service.kubernetes.io/service-proxy-name that the Services carry
          --patience SECONDS  how long a look waits until it is as expected. Default: 90

        What is not in here goes to the test runner, as -class, -method and -list do.
        """);
    return 0;
}

var rest = new List<string>();
string? kubeconfig = Environment.GetEnvironmentVariable("KUBECONFIG")?.Split(':').FirstOrDefault(path => path.Length > 0);
for (int i = 0; i < args.Length; i++)
{
    string? Value() => ++i < args.Length ? args[i] : throw new ArgumentException($"{args[i - 1]} needs a value");
    switch (args[i])
    {
        case "--kubeconfig": kubeconfig = Value(); break;
        case "--fake": kubeconfig = null; break;
        case "--report": Environment.SetEnvironmentVariable(RunSettings.ReportVariable, Value()); break;
        case "--pods": Environment.SetEnvironmentVariable(RunSettings.PodsVariable, "1"); break;
        case "--pod-image": Environment.SetEnvironmentVariable(RunSettings.PodImageVariable, Value()); break;
        case "--patience": Environment.SetEnvironmentVariable(RunSettings.PatienceVariable, Value()); break;
        case "--label": Environment.SetEnvironmentVariable(RunSettings.LabelVariable, Value()); break;
        default: rest.Add(args[i]); break;
    }
}

Environment.SetEnvironmentVariable(RunSettings.KubeconfigVariable, kubeconfig);
if (RunSettings.Pods && kubeconfig is null)
{
    Console.Error.WriteLine("--pods needs a cluster: give --kubeconfig FILE, or set KUBECONFIG");
    return 2;
}

Console.WriteLine($"The API is that of {kubeconfig ?? "the fake API server"}.");
int code = await ConsoleRunner.Run([.. rest]);
Console.WriteLine();
Console.Write(ReportTable.Print());
return code;
