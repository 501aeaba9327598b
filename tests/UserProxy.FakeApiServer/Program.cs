using System.Globalization;
using UserProxy.FakeApiServer;

// A cluster's API on a laptop: serves manifests, follows their edits, and writes the kubeconfig that a proxy is pointed at.
string? Option(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;

string? manifests = Option("--manifests");
int port = int.Parse(Option("--port") ?? "0", CultureInfo.InvariantCulture);
await using var server = await ApiServer.StartAsync(new ServerSettings { Port = port, BookmarkInterval = TimeSpan.FromSeconds(30) });
string kubeconfig = Path.Combine(Directory.CreateTempSubdirectory("fake-api-server-").FullName, "kubeconfig");
await File.WriteAllTextAsync(kubeconfig, server.Kubeconfig());
Console.WriteLine(kubeconfig);
Console.Error.WriteLine($"{server.Url} serves {manifests ?? "an empty cluster"}; try: userproxy run --kubeconfig {kubeconfig}");

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};
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
    return 0;
}
