using System.Diagnostics;
using System.Net;
using System.Text;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Cluster;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.Udp;

/// <summary>
/// More sources than any table holds, none of them real: memory stays bounded, and who asks regularly is answered. USERPROXY_TEST_FLOOD=full sends all
/// 200,000, for 30 s.
/// </summary>
[Collection(nameof(UdpClusterAlone))]
public sealed class FloodTests(UdpCluster fixture) : UdpTests(fixture)
{
    private const int FloodedPort = 8088, Flows = 50;

    private const string Flood = "flood";

    private static readonly bool IsFull = Environment.GetEnvironmentVariable("USERPROXY_TEST_FLOOD") == "full";

    private static readonly int Sources = IsFull ? 200_000 : 80_000;

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(IsFull ? 30 : 10), AskEvery = TimeSpan.FromMilliseconds(200);

    [Theory]
    [InlineData(ServiceWay.NodePort, true)]
    [InlineData(ServiceWay.WildcardNodePort, false)]
    public async Task SpoofedSources_FillTheTable_EstablishedFlowsGoOn_AndMemoryIsBounded(ServiceWay way, bool answered)
    {
        const long MostMegabytes = 100;
        var names = NextCase();
        Pod[] pods = [Cluster.PodA1, Cluster.PodA2, Cluster.PodB1];
        // The flows and the flood are of one Service, and share its listener: only what they have shown of themselves tells them apart.
        var backends = pods.Select(pod => DatagramBackend.Named(pod.Name, pod.Host.Datagrams(IPAddress.Any, FloodedPort), answered ? "" : Flood)).ToList();
        Apply(names, Service(names) + Slices(names, FloodedPort, pods));
        var other = NextCase();
        Apply(other, Service(other) + Slices(other, Cluster.PodA1));
        var node = way == ServiceWay.WildcardNodePort ? Cluster.NodeB : Cluster.NodeA;
        var (address, port) = AddressOf(names, way);
        // The answers to the flood have to go somewhere: to the client, which drops what is not for it.
        await node.RunAsync("ip", "route", "add", "10.128.0.0/9", "via", Cluster.Client.Address.ToString());
        var clients = Enumerable.Range(0, Flows).Select(_ => Connect(names, way)).ToList();
        try
        {
            foreach (var client in clients) await client.ShouldGetAsync("pod-a1", "pod-a2", "pod-b1");
            await AskForAsync(clients, TimeSpan.FromSeconds(1), Task.CompletedTask);
            var process = Process.GetProcessById(Cluster.ProcessOf(node).Id);
            long before = Memory(process), most = before;
            var flooding = Task.Run(() => FloodAsync(Cluster.Client, new IPEndPoint(address, port)));
            var (asked, answers, moved) = await AskForAsync(
                clients,
                Duration,
                flooding,
                () => most = Math.Max(most, Memory(process)));
            var (sent, elapsed) = await flooding;

            TestContext.Current.TestOutputHelper?.WriteLine(
                $"{way}: {sent} spoofed datagrams in {elapsed.TotalSeconds:0.0} s; {answers} of {asked} questions answered ({100.0 * answers / asked:0.0} "
                    + $"%), {moved} flows had another Pod; {before} MB before, at most {most} MB; {Directory.GetFiles($"/proc/{process.Id}/fd").Length} "
                    + "descriptors");
            sent.ShouldBe(Sources);
            ((double)answers / asked).ShouldBeGreaterThanOrEqualTo(0.9);
            (most - before).ShouldBeLessThan(MostMegabytes);
            // It serves new clients afterwards, too.
            using var late = Connect(names, way);
            await late.ShouldGetAsync("pod-a1", "pod-a2", "pod-b1");
            // And those of the other family, whose ports are descriptors as well.
            using var six = Connect(other, way, six: true);
            await six.ShouldGetAsync("pod-a1");
        }
        finally
        {
            foreach (var client in clients) client.Dispose();
            foreach (var backend in backends) await backend.DisposeAsync();
            await node.RunAsync("ip", "route", "del", "10.128.0.0/9");
        }
    }

    /// <summary>Each source once, evenly over the time.</summary>
    private static async Task<(int Sent, TimeSpan Elapsed)> FloodAsync(Host from, IPEndPoint to)
    {
        using var raw = new SpoofedDatagrams(from, to);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        var watch = Stopwatch.StartNew();
        byte[] payload = Encoding.ASCII.GetBytes(Flood);
        int sent = 0;
        while (sent < Sources && await pace.WaitForNextTickAsync())
        {
            int due = (int)Math.Min(Sources, Sources * (watch.Elapsed / Duration));
            for (; sent < due; sent++) raw.Send(0x0A80_0000u + (uint)(sent * 7), (ushort)(1024 + (sent % 60_000)), payload);
        }

        return (sent, watch.Elapsed);
    }

    /// <summary>All clients ask five times a second each, at least for so long and until <paramref name="meanwhile"/> is over.</summary>
    private static async Task<(int Asked, int Answered, int Moved)> AskForAsync(List<DatagramClient> clients, TimeSpan time, Task meanwhile, Action? now = null)
    {
        var watch = Stopwatch.StartNew();
        var results = await Task.WhenAll(clients.Select(async client =>
        {
            using var pace = new PeriodicTimer(AskEvery);
            var answers = new List<string>();
            while (watch.Elapsed < time || !meanwhile.IsCompleted)
            {
                answers.Add(await client.AskAsync());
                await pace.WaitForNextTickAsync();
                if (client == clients[0]) now?.Invoke();
            }

            return answers;
        }));
        var all = results.SelectMany(answers => answers).ToList();
        return (all.Count, all.Count(answer => answer.StartsWith("pod-", StringComparison.Ordinal)),
            results.Count(answers => answers.Where(answer => answer != Host.Silence).Distinct().Count() > 1));
    }

    /// <summary>In MB, as top(1) shows it.</summary>
    private static long Memory(Process process)
    {
        process.Refresh();
        return process.WorkingSet64 >> 20;
    }
}
