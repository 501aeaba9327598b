// DNS over UDP with client ports that change: what dnsperf cannot do (its options for queries per connection are for TCP, DoT and DoH), and percentiles,
// which dnsperf 2.10 does not give. Started by UserProxy.Scenarios; prints a line of "name value" for each figure.
using System.Diagnostics;
using System.Globalization;
using System.Net;
using UserProxy.UdpLoad;

string? Option(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;
int Number(string name, int otherwise) => Option(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

if (Option("--server") is not { } server)
{
    Console.Error.WriteLine(
        "UserProxy.UdpLoad --server IP:PORT [--zone NAME] [--sources IP,IP] [--seconds N] [--threads N] [--clients N] [--outstanding N] [--queries-per-port "
            + "N, 0: never a new port] [--rate N a second, 0: as fast as answers come]");
    return 64;
}

var settings = new LoadSettings
{
    Server = IPEndPoint.Parse(server),
    Questions = new Questions(Option("--zone") ?? "bench.test"),
    Sources = [.. (Option("--sources") ?? "0.0.0.0").Split(',').Select(IPAddress.Parse)],
    Measured = TimeSpan.FromSeconds(Number("--seconds", 4)),
    Threads = Number("--threads", 2),
    Clients = Number("--clients", 200),
    Outstanding = Number("--outstanding", 200),
    QueriesPerPort = Number("--queries-per-port", 0),
    Rate = Number("--rate", 0),
};

// The threads share one clock, so that a second in the figures is the same second for all of them.
long start = Stopwatch.GetTimestamp();
var loads = Enumerable.Range(0, settings.Threads).Select(i => new LoadThread(settings, i, start)).ToArray();
var threads = loads.Select(load => new Thread(load.Run)).ToArray();
foreach (var thread in threads) thread.Start();
foreach (var thread in threads) thread.Join();

var latencies = new Latencies();
foreach (var load in loads) latencies.Add(load.Latencies);
long Sum(Func<LoadThread, long> figure) => loads.Sum(figure);
Print("answered_per_second", Sum(load => load.AnsweredInTime) / settings.Measured.TotalSeconds);
Print("answered", Sum(load => load.Answered));
Print("sent", Sum(load => load.Sent));
Print("lost", Sum(load => load.Lost));
Print("wrong", Sum(load => load.Wrong));
Print("late", Sum(load => load.Late));
Print("refused", Sum(load => load.Errors));
Print("ports", Sum(load => load.Ports));
Print("p50_ms", latencies.Quantile(0.5));
Print("p99_ms", latencies.Quantile(0.99));
Print("p999_ms", latencies.Quantile(0.999));
Print("max_ms", latencies.Quantile(1));
return 0;

static void Print(string name, double value) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name} {value:0.###}"));
