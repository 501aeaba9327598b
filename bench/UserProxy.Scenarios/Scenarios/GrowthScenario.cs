using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Load;
using UserProxy.Scenarios.Paths;
using UserProxy.Scenarios.Results;
using UserProxy.Scenarios.Running;

namespace UserProxy.Scenarios.Scenarios;

/// <summary>What a larger cluster costs: the time from a change to its effect, and the set-up of a connection, at more and more Services.</summary>
internal sealed class GrowthScenario : Scenario
{
    /// <summary>Before each change: longer than userproxy's --min-sync-period, so that a change is a lone one.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(3), ChangeLimit = TimeSpan.FromMinutes(1), AnswerLimit = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Connections before those that are timed: the path has just started, and what serves a node has done so for days (caches, compiled code).
    /// </summary>
    private const int Warm = 5000;

    private static readonly IReadOnlyList<IPEndPoint> Pods = StandardServices.Pods(HttpBackends.Port);

    public override string Name => "growth";

    public override string Title => "Growth with the number of Services";

    public override string Group => "Growth";

    public override string Method =>
        "Services with a ClusterIP and three endpoints each. Programming: the only endpoint of one Service in the middle becomes another, 100 ms after the "
            + "last change; from handing that over (for the kernel's paths: from starting iptables-restore with the input of a partial sync, or nft with a "
            + "transaction; for userproxy: from the event at the Kubernetes API) to the first answer from the new Pod, asked without a pause. kube-proxy's "
            + "own work and its min-sync-period of 1 s come on top for the kernel's paths. Set-up: connect, request, answer, on new connections to Services "
            + "spread over the list, after 5,000 such that are not timed (with --quick none).";

    public override IReadOnlyList<Metric> Metrics { get; } =
    [
        new("programming", "ms", Better.Lower, "Services"), new("set-up p50", "ms", Better.Lower, "Services"),
            new("set-up p99", "ms", Better.Lower, "Services"), new("start", "ms", Better.Lower, "Services"),
    ];

    public override IReadOnlyList<Tool> Needs => [Tool.Nginx, Tool.Nft];

    public override RunSize From => RunSize.Smoke;

    public override bool UsesStanding => false;

    public override int MostRepeats(RunSize size) => size == RunSize.Full ? 3 : 1;

    public override bool Asks(TrafficPath path) => path.CanChange && path.CanServe(new Service("", Pods) { ClusterIP = IPAddress.Any });

    public override async Task<TurnResult> RunAsync(Turn turn, CancellationToken stop)
    {
        int[] counts = turn.Settings.Size switch { RunSize.Smoke => [1, 20], RunSize.Quick => [1, 1000], _ => [1, 100, 1000, 10000] };
        var readings = new List<Measurement>();
        foreach (int count in counts)
        {
            try
            {
                readings.AddRange(await AtAsync(count, turn, stop));
            }
            catch (Exception e) when (e is BedException or SocketException && readings.Count > 0)
            {
                // Those with fewer Services stay what they are.
                return new TurnResult(readings, string.Create(CultureInfo.InvariantCulture, $"at {count:N0} Services: {e.Message}"), IsWrong: true);
            }
        }

        return new TurnResult(readings);
    }

    private static async Task<IReadOnlyList<Measurement>> AtAsync(int count, Turn turn, CancellationToken stop)
    {
        Service[] services = [.. Enumerable.Range(0, count).Select(Numbered)];
        int middle = count / 2;
        services[middle] = services[middle] with { Endpoints = [Pods[0]] };
        using var sockets = new ClientSockets(turn.Bed.Client);
        await using var serving = await turn.Path.StartAsync(turn.Bed, new ServiceSet(services, WillChange: true), stop);
        foreach (var service in new[] { services[0], services[middle], services[^1] })
            await Poll.UntilAsync(
                async () => await WhoAsync(sockets, service, stop) is not null, () =>
                    $"{turn.Path.Name} does not serve {count} Services: {serving.Log}", StartLimit, stop);
        double start = Stopwatch.GetElapsedTime(serving.Begun).TotalMilliseconds;

        int asked = turn.Settings.Size switch { RunSize.Smoke => 20, RunSize.Quick => 200, _ => 1000 };
        var random = new Random(1);
        IPEndPoint[] addresses = [.. Enumerable.Range(0, asked).Select(_ => services[random.Next(count)]).Select(serving.AddressOf)];
        int warm = turn.Settings.Size == RunSize.Full ? Warm : 0;
        double[] setUps = await InNamespace.RunAsync(turn.Bed.Client, () =>
        {
            for (int i = 0; i < warm; i++) SetUp(addresses[i % asked]);
            return Array.ConvertAll(addresses, SetUp);
        }).WaitAsync(stop);
        Array.Sort(setUps);

        var programmings = new List<double>();
        for (int change = 1; change <= (turn.Settings.Size == RunSize.Smoke ? 1 : 3); change++)
        {
            await Task.Delay(Rest, stop);
            programmings.Add(await ProgramAsync(sockets, serving, services[middle] with { Endpoints = [Pods[change % 2]] }, stop));
        }

        return
        [
            new("programming", programmings.Order().ElementAt(programmings.Count / 2), count), new("set-up p50", setUps[asked / 2], count),
            new("set-up p99", setUps[(int)(0.99 * (asked - 1))], count), new("start", start, count),
        ];
    }

    private static Service Numbered(int number) => new(string.Create(CultureInfo.InvariantCulture, $"s{number}"), Pods)
    {
        ClusterIP = new IPAddress([10, 96, (byte)(1 + (number >> 8)), (byte)number]),
    };

    private static async Task<string?> WhoAsync(ClientSockets sockets, Service service, CancellationToken stop) =>
        await HttpAnswer.GetAsync(await sockets.NextAsync(), new IPEndPoint(service.ClusterIP!, service.Port), "who", AnswerLimit, stop);

    private static async Task<double> ProgramAsync(ClientSockets sockets, RunningPath serving, Service changed, CancellationToken stop)
    {
        int pod = Enumerable.Range(0, Pods.Count).First(i => Pods[i].Equals(changed.Endpoints[0]));
        string wanted = string.Create(CultureInfo.InvariantCulture, $"pod{pod + 1}");
        long start = Stopwatch.GetTimestamp();
        var handing = Task.Run(() => serving.ChangeAsync(changed, stop), stop);
        while (await WhoAsync(sockets, changed, stop) != wanted)
        {
            if (Stopwatch.GetElapsedTime(start) > ChangeLimit) throw new BedException($"a change was not in effect after {ChangeLimit}");
        }

        double took = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        await handing;
        return took;
    }

    /// <summary>Blocking: nothing but the path is in the figure.</summary>
    private static double SetUp(IPEndPoint address)
    {
        byte[] request = HttpAnswer.Request("who", "keep-alive");
        var answer = new byte[1024];
        long start = Stopwatch.GetTimestamp();
        using var socket = ClientSockets.Tcp();
        socket.LingerState = new LingerOption(true, 0);
        socket.Connect(address);
        socket.Send(request);
        if (socket.Receive(answer) == 0) throw new BedException($"{address} closed a new connection");
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }
}
