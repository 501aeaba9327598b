using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace UserProxy.FunctionalTests.Support;

/// <summary>One scrape of a running proxy: its text and its samples.</summary>
internal sealed class Scrape
{
    private static readonly HttpClient Http = new();

    private Scrape(string text)
    {
        Text = text;
        foreach (string line in text.Split('\n'))
        {
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal)) Families.Add(line.Split(' ')[2]);
            if (line.Length == 0 || line[0] == '#') continue;
            int space = line.LastIndexOf(' ');
            Samples.Add(line[..space], double.Parse(line[(space + 1)..].Replace("Inf", "∞", StringComparison.Ordinal), CultureInfo.InvariantCulture));
        }
    }

    public string Text { get; }

    public HashSet<string> Families { get; } = [];

    /// <summary>By name and labels, as written; one that is written twice fails the test.</summary>
    public Dictionary<string, double> Samples { get; } = new(StringComparer.Ordinal);

    public static async Task<Scrape> OfAsync(int port) =>
        new(await Http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/metrics"), TestContext.Current.CancellationToken));

    /// <summary>Of a proxy inside another host, on its loopback.</summary>
    public static async Task<Scrape> OfAsync(TestHost host, int port)
    {
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, stop) =>
            {
                var socket = host.Inside(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
                await socket.ConnectAsync(IPAddress.Loopback, port, stop);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var http = new HttpClient(handler);
        return new(await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/metrics"), TestContext.Current.CancellationToken));
    }

    /// <summary>The sum of all samples of a name whose labels contain <paramref name="labels"/>; null without any.</summary>
    public double? Sum(string name, string labels = "")
    {
        var found = Samples.Where(sample => sample.Key.Split('{')[0] == name && sample.Key.Contains(labels, StringComparison.Ordinal)).ToList();
        return found.Count == 0 ? null : found.Sum(sample => sample.Value);
    }

    /// <summary>What promtool(1) has to say of it: nothing, and exit code 0, when it is clean.</summary>
    public async Task<(int Code, string Output)> CheckAsync() => await Tool.FeedAsync(Text, "promtool", "check", "metrics");
}
