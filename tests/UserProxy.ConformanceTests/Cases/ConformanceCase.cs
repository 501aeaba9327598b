using System.Diagnostics;
using System.Globalization;
using System.Net;
using k8s.Models;
using UserProxy.ConformanceTests.Cluster;
using UserProxy.ConformanceTests.Report;
using UserProxy.FunctionalTests.Cluster;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.ConformanceTests.Cases;

/// <summary>
/// What every case has: the machines of the test, Services of its own, and ways to look at them. Each look waits until what it expects is there, goes into the
/// <see cref="ReportTable"/>, and ends the case when it never is. Where it says upstream, test/e2e/network of kubernetes/kubernetes is meant; the names of
/// cases are its words.
/// </summary>
public abstract class ConformanceCase(ConformanceCluster cluster) : IAsyncDisposable
{
    /// <summary>As many answers in a row are needed to believe in affinity as upstream wants (AffinityConfirmCount).</summary>
    private const int ConfirmCount = 15;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private protected ConformanceCluster Cluster => cluster;

    private protected ITestbed Testbed => cluster.Testbed;

    private protected Host Client => Testbed.Client;

    private protected Host NodeA => Testbed.NodeA;

    private protected Host NodeB => Testbed.NodeB;

    private protected Pod PodA1 => Testbed.PodA1;

    private protected Pod PodA2 => Testbed.PodA2;

    private protected Pod PodB1 => Testbed.PodB1;

    /// <summary>What stands before the name of the case in the table.</summary>
    private protected virtual string Group => "";

    /// <summary>A case that ended otherwise than by a look is in the table as well.</summary>
    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (TestContext.Current.TestState is { Result: TestResult.Skipped or TestResult.Failed } ended)
        {
            if (ended.Result == TestResult.Skipped) Add("", "", ReportTable.ReasonOf(TestContext.Current.Test!), ReportRow.Result.NotAsked);
            else if (!ReportTable.HasFailed(Name)) Add("", "", ended.ExceptionMessages?.FirstOrDefault()?.Split('\n')[0] ?? "", ReportRow.Result.Fails);
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>A Service of type ClusterIP with the port 80 that leads to <see cref="PodServers.Named"/>, as <paramref name="change"/> makes it.</summary>
    private protected Task<TestedService> CreateAsync(string name, Action<V1ServiceSpec>? change = null, Dictionary<string, string>? labels = null)
    {
        _ = Testbed; // or the case is skipped
        var spec = new V1ServiceSpec { Type = "ClusterIP", Ports = [PortOf("http", 80)] };
        change?.Invoke(spec);
        return TestedService.CreateAsync(cluster.Api, string.Create(CultureInfo.InvariantCulture, $"{name}-{cluster.NextNumber()}"), spec, labels);
    }

    private protected static V1ServicePort PortOf(string name, int port, int target = PodServers.Named, string protocol = "TCP") =>
        new() { Name = name, Port = port, TargetPort = target, Protocol = protocol };

    /// <summary>Of the range for documentation that the client sends to node-a.</summary>
    private protected IPAddress NextLoadBalancerIP() => new([203, 0, 113, (byte)(1 + (cluster.NextNumber() % 250))]);

    private protected IPAddress NextExternalIP() => new([198, 51, 100, (byte)(1 + (cluster.NextNumber() % 250))]);

    private protected Task ReachesAsync(Host from, Target target, params Pod[] pods) => ReachesAsync(from, target, [.. pods.Select(pod => pod.Name)]);

    /// <summary>All of these answer, and nobody else.</summary>
    private protected Task ReachesAsync(Host from, Target target, string[] names) => LookAsync(
        $"{from.Name} asks {target}",
        string.Join(", ", names.Order()),
        async () => string.Join(", ", (await AskAsync(from, target, 3 * names.Length, asLongAs: answer => names.Contains(answer))).Distinct().Order()),
        Testbed.WhyNot(from, target));

    /// <summary>
    /// From a Pod: the ClusterIP and NodePorts of both nodes, of all ports. From outside: the NodePorts. Upstream's CheckServiceReachability.
    /// </summary>
    private protected async Task IsReachableAsync(TestedService service, params Pod[] pods)
    {
        for (int i = 0; i < service.Spec.Ports.Count; i++)
        {
            if (service.Spec.Type != "ExternalName") await ReachesAsync(PodA2.Host, service.ClusterIP(i), pods);
            if (service.Spec.Ports[i].NodePort is null or 0) continue;
            foreach (var (from, node) in new (Host, Host)[] { (PodA2.Host, NodeA), (PodA2.Host, NodeB), (Client, NodeA), (Client, NodeB) })
                await ReachesAsync(from, service.NodePort(node, i), pods);
        }
    }

    /// <summary>The Service leads to <see cref="PodServers.Source"/>, where <paramref name="from"/> is seen by this address.</summary>
    private protected Task IsSeenAsAsync(Host from, Target target, string address) =>
        LookAsync($"{from.Name} asks {target} whom it sees", address, () => Testbed.AskAsync(from, target), Testbed.WhyNot(from, target));

    /// <summary>Refused, as where no endpoint is.</summary>
    private protected Task IsRefusedAsync(Host from, Target target) =>
        LookAsync($"{from.Name} asks {target}", Host.Refused, () => Testbed.AskAsync(from, target), Testbed.WhyNot(from, target));

    /// <summary>Refused, reset or dropped: upstream does not say which.</summary>
    private protected Task ReachesNothingAsync(Host from, Target target)
    {
        const string nothing = "nothing";
        return LookAsync(
            $"{from.Name} asks {target}",
            nothing,
            async () => (await AskAsync(from, target, 2, asLongAs: answer => !IsServed(answer))).FirstOrDefault(IsServed) ?? nothing,
            Testbed.WhyNot(from, target));
    }

    /// <summary>One and the same Pod, many times.</summary>
    private protected Task SticksAsync(Host from, Target target) => LookAsync(
        $"{from.Name} asks {target}",
        $"one Pod, {ConfirmCount} times",
        async () =>
        {
            var answers = await AskAsync(from, target, ConfirmCount, asLongAs: IsServed);
            return answers.Distinct().Count() == 1 && IsServed(answers[0]) ? $"one Pod, {ConfirmCount} times" : string.Join(", ", answers.Distinct().Order());
        },
        Testbed.WhyNot(from, target));

    /// <summary>More than one Pod.</summary>
    private protected Task SpreadsAsync(Host from, Target target) => LookAsync(
        $"{from.Name} asks {target}",
        "several Pods",
        async () =>
        {
            var answers = await AskAsync(from, target, ConfirmCount, asLongAs: IsServed);
            return answers.All(IsServed) && answers.Distinct().Count() > 1 ? "several Pods" : string.Join(", ", answers.Distinct());
        },
        Testbed.WhyNot(from, target));

    /// <summary>A client that keeps its port.</summary>
    private protected Task ReachesAsync(DatagramClient client, Host from, Target target, string expected) =>
        LookAsync(
            string.Create(CultureInfo.InvariantCulture, $"{from.Name} asks {target} from port {client.Port} again"),
            expected,
            client.TryAskAsync,
            Testbed.WhyNot(from, target));

    private protected Task ProbesAsync(Host from, Host node, int port, string expected) => LookAsync(
        string.Create(CultureInfo.InvariantCulture, $"{from.Name} probes {node.Name}:{port}"),
        expected,
        () => HttpProbe.GetAsync(from, node.Address, port, "/healthz"),
        Testbed.WhyNot(from, new Target(Target.HealthCheck, node.Address, port, IsUdp: false)));

    /// <summary>Looks until it is as expected; not at all where there is a reason why not.</summary>
    private protected async Task LookAsync(string step, string expected, Func<Task<string>> look, string? whyNot = null)
    {
        if (whyNot is not null)
        {
            Add(step, expected, whyNot, ReportRow.Result.NotAsked);
            return;
        }

        var watch = Stopwatch.StartNew();
        string seen = await look();
        while (seen != expected && watch.Elapsed < RunSettings.Patience)
        {
            await Task.Delay(Pause);
            seen = await look();
        }

        Add(step, expected, seen, seen == expected ? ReportRow.Result.Holds : ReportRow.Result.Fails);
        TestContext.Current.TestOutputHelper?.WriteLine($"{step}: expected {expected}, seen {seen}");
        if (seen != expected) throw new ShouldAssertException($"{step}: expected {expected}, seen {seen}\n{cluster.LastOfLogs()}");
    }

    private string Name => Group + TestContext.Current.Test!.TestDisplayName;

    private void Add(string step, string expected, string seen, ReportRow.Result outcome) =>
        ReportTable.Add(new ReportRow(Name, step, expected, seen, outcome));

    /// <summary>By a Pod or a node; some say at which port.</summary>
    private bool IsServed(string answer) => Testbed.Names.Contains(answer.Split(':')[0]);

    /// <summary>So many new clients, one after the other; the first unexpected answer is the last.</summary>
    private async Task<List<string>> AskAsync(Host from, Target target, int times, Func<string, bool> asLongAs)
    {
        var answers = new List<string>();
        do answers.Add(await Testbed.AskAsync(from, target));
        while (answers.Count < times && asLongAs(answers[^1]));
        return answers;
    }
}
