using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using UserProxy.FunctionalTests.Cluster;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.Udp;

/// <summary>Real DNS: knot behind each of three endpoints, on UDP and TCP of one Service, asked by dig and dnsperf.</summary>
[Collection(nameof(UdpClusterAlone))]
public sealed partial class DnsTests(UdpCluster fixture) : UdpTests(fixture)
{
    private const string Zone = "bench.test";

    /// <summary>dnsperf waits for so many answers at a time at the most: fewer than the default receive buffer of a server holds.</summary>
    private const string Outstanding = "50";

    /// <summary>Seconds after which a question counts as lost: a machine that does something else for two or three loses none.</summary>
    private const string Patience = "20";

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Dig_AnswersOfAnySize_AndTruncatedOnesOverTcp(ServiceWay way, bool six)
    {
        await using var servers = await StartAsync("dig");
        var (address, port) = AddressOf(servers.Names, way, six);
        Task<string> DigAsync(params string[] arguments) => Cluster.Client.RunAsync(
            ["dig", $"@{address}", "-p", Text(port), "+tries=1", "+time=30", .. arguments]);

        await ServedAsync(servers.Names, way, six);

        (await DigAsync("h7." + Zone, "A", "+short")).Trim().ShouldBe("10.99.0.7");
        string big = await DigAsync("big." + Zone, "TXT", "+bufsize=4096", "+notcp");
        big.ShouldContain("(UDP)");
        SizeOf(big).ShouldBeGreaterThan(3000);
        string cut = await DigAsync("big." + Zone, "TXT", "+bufsize=512", "+ignore");
        cut.ShouldContain(" tc");
        SizeOf(cut).ShouldBeLessThanOrEqualTo(512);
        // Without +ignore, dig asks again over TCP: the same Service, the same number.
        string retried = await DigAsync("big." + Zone, "TXT", "+bufsize=512");
        retried.ShouldContain("Truncated, retrying in TCP mode");
        retried.ShouldContain("(TCP)");
        SizeOf(retried).ShouldBeGreaterThan(3000);
    }

    [Theory]
    [InlineData(ServiceWay.NodePort, "")]
    [InlineData(ServiceWay.WildcardNodePort, "")]
    [InlineData(ServiceWay.ClusterIP, "userproxy.io/udp-responses: \"1\"")]
    public async Task Dnsperf_AtHalfTheMaximum_NothingIsLost(ServiceWay way, string annotation)
    {
        Tool.SkipUnlessInstalled("dnsperf");
        await using var servers = await StartAsync("dnsperf", annotation);
        var (address, port) = AddressOf(servers.Names, way);
        await ServedAsync(servers.Names, way, six: false);
        async Task<(long Lost, double Rate)> PerfAsync(params string[] arguments)
        {
            string output = await Cluster.Client.RunAsync(
                ["dnsperf", "-s", address.ToString(), "-p", Text(port), "-d", servers.Queries, "-c", "8", "-T", "1", "-q", Outstanding, "-t", Patience,
                    .. arguments]);
            return (long.Parse(Lost().Match(output).Groups[1].Value, CultureInfo.InvariantCulture),
                double.Parse(Rate().Match(output).Groups[1].Value, CultureInfo.InvariantCulture));
        }

        var (_, most) = await PerfAsync("-l", "1");
        int half = (int)(most / 2);

        var (lost, rate) = await PerfAsync("-l", "3", "-Q", Text(half));

        TestContext.Current.TestOutputHelper?.WriteLine($"{way}: at most {most:0} queries/s; {lost} lost at {rate:0} queries/s");
        // The rate is that of the machine: it may be busy by now.
        lost.ShouldBe(0);
    }

    private async Task<DnsServers> StartAsync(string tool, string annotation = "")
    {
        var names = NextCase();
        Tool.SkipUnlessInstalled("knotd", tool);
        string ports = $"[{{name: dns, port: {Port}, nodePort: {names.NodePort}, protocol: UDP}}, {{name: dns-tcp, port: {Port}, nodePort: {names.NodePort}}}]";
        string targets = $"[{{name: dns, port: {Port}, protocol: UDP}}, {{name: dns-tcp, port: {Port}}}]";
        Pod[] pods = [Cluster.PodA1, Cluster.PodA2, Cluster.PodB1];
        Apply(names, Yaml.Service(names.Service, DualStack(names, ports), annotations: annotation == "" ? "{}" : annotation)
            + Yaml.Slice(names.Service + "-4", names.Service, "IPv4", targets, pods.Select(pod => Yaml.Endpoint(pod.Host.Address, pod.Node)))
            + Yaml.Slice(names.Service + "-6", names.Service, "IPv6", targets, pods.Select(pod => Yaml.Endpoint(pod.Host.Address6, pod.Node))));
        return new DnsServers(names, Zone, pods);
    }

    /// <summary>Each Pod has been heard, or knot may not have started yet.</summary>
    private async Task ServedAsync(CaseNames names, ServiceWay way, bool six)
    {
        foreach (var pod in new[] { Cluster.PodA1, Cluster.PodA2, Cluster.PodB1 })
            await AnswersAsync(six ? pod.Host.Address6 : pod.Host.Address, Port, pod.Host);
        var (address, port) = AddressOf(names, way, six);
        await AnswersAsync(address, port, Cluster.Client);
        await Cluster.Client.ShouldGetAsync(address, port, "");
    }

    private static Task<TimeSpan> AnswersAsync(IPAddress address, int port, Host from) => Eventually.IsTrue(
        async () =>
        {
            using var client = DatagramClient.Connect(from, address, port);
            // An id, recursion not desired, one question: the root's NS. Refused is an answer.
            byte[] question = [0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1];
            return await client.ExchangeAsync(question, TimeSpan.FromMilliseconds(300)) is { Length: > 0 };
        },
        $"{address}:{port} answers");

    private static int SizeOf(string answer) => int.Parse(Size().Match(answer).Groups[1].Value, CultureInfo.InvariantCulture);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"MSG SIZE\s+rcvd: (\d+)")]
    private static partial Regex Size();

    [GeneratedRegex(@"Queries lost:\s+(\d+)")]
    private static partial Regex Lost();

    [GeneratedRegex(@"Queries per second:\s+([\d.]+)")]
    private static partial Regex Rate();
}
