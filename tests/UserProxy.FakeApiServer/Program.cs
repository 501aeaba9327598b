using System.Globalization;
using System.Runtime.InteropServices;
using UserProxy.FakeApiServer;

// A cluster's API on a laptop: serves manifests, follows their edits, and writes the kubeconfig that a proxy is pointed at.
string? Option(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;

if (args.Contains("--help"))
{
    Console.WriteLine(
        "Serves Services, EndpointSlices and a Node as a Kubernetes API server would: [--port N] [--manifests FILE or FOLDER] [--kubeconfig FILE to write]. "
            + "Prints the path of a kubeconfig.");
    return 0;
}

string? manifests = Option("--manifests");
int port = int.Parse(Option("--port") ?? "0", CultureInfo.InvariantCulture);
await using var server = await ApiServer.StartAsync(new ServerSettings { Port = port, BookmarkInterval = TimeSpan.FromSeconds(30) });
var temporary = Directory.CreateTempSubdirectory("fake-api-server-");
string kubeconfig = Option("--kubeconfig") ?? Path.Combine(temporary.FullName, "kubeconfig");
await File.WriteAllTextAsync(kubeconfig, server.Kubeconfig());
Console.WriteLine(kubeconfig);
Console.Error.WriteLine($"{server.Url} serves {manifests ?? "an empty cluster"}; try: userproxy run --kubeconfig {kubeconfig}");

using var stop = new CancellationTokenSource();
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
var folder = new ManifestFollower(server, manifests);
try
{
    while (true)
    {
        folder.Look();
        await Task.Delay(TimeSpan.FromMilliseconds(500), stop.Token);
    }
}
catch (OperationCanceledException)
{
    temporary.Delete(recursive: true);
    return 0;
}

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}
