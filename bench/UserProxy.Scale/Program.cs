// How a node agent stands a large cluster: first sync, memory, how long the change of one slice takes to be in effect while a thousand others a second
// change, and what that costs. Against the fake API server, in a network namespace of its own; started by scale.sh.
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using UserProxy.FakeApiServer;
using UserProxy.Scale;

int Option(string name, int otherwise) => Array.IndexOf(args, name) is >= 0 and var at ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : otherwise;

string executable = Array.IndexOf(args, "--executable") is >= 0 and var named ? args[named + 1] : Path.Combine(AppContext.BaseDirectory, "userproxy");
int rate = Option("--rate", 1000);
int seconds = Option("--seconds", 30);
var cluster = new BigCluster(Option("--services", 10_000), Option("--endpoints", 150_000));

await using var api = await ApiServer.StartAsync(new ServerSettings { BookmarkInterval = TimeSpan.FromSeconds(30) });
foreach (var item in cluster.Objects()) api.Apply(item);
api.Apply(
    "{kind: Node, apiVersion: v1, metadata: {name: bench, labels: {topology.kubernetes.io/zone: zone-0}}, status: {addresses: [{type: InternalIP, address: "
        + "127.0.0.1}]}}");
string kubeconfig = Path.GetTempFileName();
await File.WriteAllTextAsync(kubeconfig, api.Kubeconfig());
Answer("10.9.0.1", (byte)'1');
Answer("10.9.0.2", (byte)'2');

using var proxy = NodeProcess.Start(executable, kubeconfig);
var started = Stopwatch.StartNew();
await proxy.ReadyAsync();
Console.WriteLine($"{cluster.Services + 1} Services, {cluster.Endpoints + 1} endpoints");
Console.WriteLine(
    $"first sync: {started.Elapsed.TotalSeconds:0.0} s from the start of the process; resident {proxy.ResidentMegabytes} MB (peak {proxy.PeakMegabytes} "
        + $"MB), {proxy.Descriptors} descriptors");

// What the start has left to do (compilation, collection) is not idling.
await Task.Delay(TimeSpan.FromSeconds(10));
double idle = await proxy.ProcessorWhileAsync(() => Task.Delay(TimeSpan.FromSeconds(10)));
Console.WriteLine($"idle: {idle:P1} of a processor");

using var stop = new CancellationTokenSource();
var latencies = new List<double>();
double busy = await proxy.ProcessorWhileAsync(async () =>
{
    var probing = Task.Run(() => ProbeAsync(latencies, stop.Token));
    await SendEventsAsync();
    await stop.CancelAsync();
    await probing;
});
latencies.Sort();
Console.WriteLine(
    $"{rate} slice events a second for {seconds} s, each a slice of 100: {busy:P1} of a processor; resident {proxy.ResidentMegabytes} MB (peak "
        + $"{proxy.PeakMegabytes} MB)");
Console.WriteLine($"change of one slice in effect within: p50 {At(0.5):0} ms, p99 {At(0.99):0} ms, worst {latencies[^1]:0} ms ({latencies.Count} changes)");
File.Delete(kubeconfig);
return 0;

double At(double quantile) => latencies[(int)(quantile * (latencies.Count - 1))];

async Task SendEventsAsync()
{
    // Lines made before they are needed: the server is not what is measured.
    const int Batch = 10;
    var watch = Stopwatch.StartNew();
    for (int sent = 0; sent < rate * seconds;)
    {
        for (int i = 0; i < Batch; i++, sent++) api.WriteRaw("endpointslices", cluster.Event(sent, 1_000_000 + sent));
        var ahead = TimeSpan.FromSeconds((double)sent / rate) - watch.Elapsed;
        if (ahead > TimeSpan.Zero) await Task.Delay(ahead);
    }

    Console.WriteLine($"(sent at {rate * seconds / watch.Elapsed.TotalSeconds:0} events a second)");
}

async Task ProbeAsync(List<double> into, CancellationToken end)
{
    byte wanted = (byte)'2';
    while (!end.IsCancellationRequested)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(50 + Random.Shared.Next(50)), CancellationToken.None);
        var watch = Stopwatch.StartNew();
        api.Apply(BigCluster.ProbeSlice(wanted == (byte)'1' ? "10.9.0.1" : "10.9.0.2"));
        while (await AskAsync() != wanted && watch.Elapsed < TimeSpan.FromSeconds(10)) await Task.Delay(1, CancellationToken.None);
        into.Add(watch.Elapsed.TotalMilliseconds);
        wanted = wanted == (byte)'1' ? (byte)'2' : (byte)'1';
    }
}

static async Task<byte> AskAsync()
{
    using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    var answer = new byte[1];
    await socket.ConnectAsync(IPAddress.Parse(BigCluster.ProbeAddress), 80);
    await socket.ReceiveAsync(answer);
    return answer[0];
}

static void Answer(string address, byte answer)
{
    var listener = new TcpListener(IPAddress.Parse(address), 8080);
    listener.Start(512);
    _ = Task.Run(async () =>
    {
        while (true)
        {
            using var client = await listener.AcceptSocketAsync();
            await client.SendAsync(new[] { answer });
        }
    });
}
