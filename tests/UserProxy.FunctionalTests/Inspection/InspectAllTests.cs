using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.Inspection;

/// <summary>
/// The outage that this project comes from, planted again in a namespace: 58 listeners, 33 of them without anybody who accepts, 3,000 connections in CLOSE_WAIT
/// that two load balancers have left behind, with unread requests.
/// </summary>
[StartsProgram]
public sealed class InspectAllTests : IAsyncDisposable
{
    private const int FirstPort = 30000, Held = 33, Served = 25, Clients = 3000, RequestLength = 251;

    private static readonly IPAddress OtherBalancer = IPAddress.Parse("192.0.2.3");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("userproxy-all-");
    private readonly List<IAsyncDisposable> _backends = [];
    private readonly List<Socket> _listeners = [];

    public async ValueTask DisposeAsync()
    {
        foreach (var backend in _backends) await backend.DisposeAsync();
        foreach (var listener in _listeners) listener.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task TheOutage_IsShownWhole_AndWhatGrewSinceIsNamed()
    {
        await using var link = await TestLink.CreateAsync();
        await PlantAsync(link);

        // On a busy machine a look takes longer, and can be repeated.
        Look look = null!;
        await Eventually.IsTrue(
            async () => (look = await LookAsync(link, [], "--manifests", Manifest())).Milliseconds < 2000, "a look takes under two seconds");

        TestContext.Current.TestOutputHelper?.WriteLine($"58 listeners, 3,000 connections: {look.Milliseconds} ms of {look.Took.TotalMilliseconds:0} ms");
        look.Code.ShouldBe(1);
        look.Listening.Count.ShouldBe(Held + Served);
        var stuck = look.Listening.Where(item => Text(item, "verdict") == "placeholder").ToList();
        stuck.Count.ShouldBe(Held);
        stuck.ShouldAllBe(item => Text(item.GetProperty("services")[0], "namespace") == "shop" && Text(item.GetProperty("services")[0], "kind") == "NodePort");
        stuck.Sum(item => Number(item.GetProperty("connections"), "abandoned")).ShouldBe(Clients);
        stuck.Sum(item => Number(item.GetProperty("connections"), "unreadBytes")).ShouldBe(Clients * (RequestLength + 1));
        stuck.ShouldAllBe(item => Number(item.GetProperty("sockets")[0], "queue") > 0 && Number(item.GetProperty("sockets")[0], "backlog") == 128);
        stuck[0].GetProperty("peers").EnumerateArray().Select(peer => Text(peer, "address")).Order(StringComparer.Ordinal).ShouldBe(
            [$"{link.Client.Four}", $"{OtherBalancer}"]);
        var clients = look.Json.GetProperty("clients").EnumerateArray().ToDictionary(client => Text(client, "address"), client => Number(client, "closeWait"));
        (clients[$"{link.Client.Four}"] + clients[$"{OtherBalancer}"]).ShouldBe(Clients);
        var finding = look.Json.GetProperty("findings").EnumerateArray().ShouldHaveSingleItem();
        Text(finding, "message").ShouldContain(
            $"33 addresses of {TestProcess()}: nobody accepts, and 3000 clients wait; 3000 of them gave up (CLOSE_WAIT), with 756000 unread bytes");
        var sums = look.Json.GetProperty("sums");
        Number(sums.GetProperty("namespaces")[0], "closeWait").ShouldBe(Clients);
        sums.GetProperty("verdicts").EnumerateArray().Single(sum => Text(sum, "key") == "placeholder").GetProperty("listening").GetInt32().ShouldBe(Held);

        string text = await Tool.RunAsync(
            "ip", "netns", "exec", link.Node.Name, "sh", "-c",
            $"{TestedProgram.Path} inspect --all --manifests {Manifest()} --admin-socket {NoProxy} || test $? = 1");
        TestContext.Current.TestOutputHelper?.WriteLine(text);
        text.ShouldContain("33 of 58 addresses have something stuck");
        text.ShouldContain("shop/web-0");

        string earlier = Path.Combine(_folder.FullName, "earlier.json");
        await File.WriteAllTextAsync(earlier, look.Output, TestContext.Current.CancellationToken);
        await LeaveAsync(link, OtherBalancer, FirstPort + 7, 20);
        using var gone = _listeners[Held - 1];
        gone.Dispose();
        await Eventually.IsTrue(
            async () =>
            {
                look = await LookAsync(link, [], "--manifests", Manifest(), "--diff", earlier);
                // A program that another test starts has a copy of the listener between its fork and its exec.
                return Number(look.Item(FirstPort + 7).GetProperty("connections"), "abandoned")
                    > stuck.Max(item => Number(item.GetProperty("connections"), "abandoned")) && look.Listening.Count == Held + Served - 1;
            },
            "the new clients have left, and the listener is closed");

        var changes = look.Json.GetProperty("changes").GetProperty("items").EnumerateArray()
            .Select(change => $"{Text(change, "kind")} {Text(change, "subject")}: {Text(change, "message")}").ToList();
        changes.ShouldContain(
            change => change.StartsWith($"Grew TCP 0.0.0.0:{FirstPort + 7}: 20 more in CLOSE_WAIT", StringComparison.Ordinal)
                && change.Contains($"of {OtherBalancer} +20 (shop/web-7)", StringComparison.Ordinal), string.Join('\n', changes));
        changes.ShouldContain(change => change.StartsWith("Stuck 32 addresses: NobodyAccepts since", StringComparison.Ordinal));
        changes.ShouldContain(change => change.StartsWith($"Went TCP 0.0.0.0:{FirstPort + Held - 1}:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AsAnOrdinaryUser_TheSameIsStuck_AndItSaysWhatItCouldNotSee()
    {
        Tool.SkipUnlessInstalled("setpriv");
        await using var link = await TestLink.CreateAsync();
        using var holder = Placeholder.Hold(link.Node);
        await LeaveAsync(link, link.Client.Four, Placeholder.Port, 5);

        Look look = null!;
        await Eventually.IsTrue(
            async () => Number((look = await LookAsync(link, Inspected.AsNobody)).Item(Placeholder.Port).GetProperty("connections"), "abandoned") == 5,
            "the clients have left");

        look.Code.ShouldBe(1);
        Text(look.Item(Placeholder.Port), "verdict").ShouldBe("placeholder");
        look.Item(Placeholder.Port).GetProperty("sockets")[0].GetProperty("owners").GetArrayLength().ShouldBe(0);
        string.Join('\n', look.Json.GetProperty("unseen").EnumerateArray().Select(line => line.GetString())).ShouldContain(
            "processes of other users cannot be read without root");
        Text(look.Json.GetProperty("findings")[0], "message").ShouldContain("that cannot be seen from here");
    }

    /// <summary>Each look of many names both, whichever of them a test connection comes to.</summary>
    [Fact]
    public async Task TwoSocketsOnOnePort_OneStarves_IsSaidEachTime()
    {
        await using var link = await TestLink.CreateAsync();
        using var starving = Share(link);
        using var accepting = Share(link);
        _backends.Add(Backend.RunOn(accepting, Backend.EchoAsync));
        await LeaveAsync(link, link.Client.Four, Placeholder.Port, 40);

        static int Starving(JsonElement item) =>
            item.GetProperty("sockets").EnumerateArray().Count(socket => socket.GetProperty("accepts") is { ValueKind: JsonValueKind.False });
        for (int i = 0; i < 8; i++)
        {
            JsonElement item = default;
            await Eventually.IsTrue(
                async () => Starving(item = (await LookAsync(link, [], "--probe")).Item(Placeholder.Port)) < 2, "the other one accepts in time");
            Text(item, "verdict").ShouldBe("placeholder");
            item.GetProperty("sockets").GetArrayLength().ShouldBe(2);
            Starving(item).ShouldBe(1);
        }
    }

    private string NoProxy => Path.Combine(_folder.FullName, "none.sock");

    private static string TestProcess() =>
        $"{File.ReadAllText("/proc/self/comm").Trim()} (pid {Environment.ProcessId.ToString(CultureInfo.InvariantCulture)})";

    private static Socket Share(TestLink link) => link.Node.Inside(() =>
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.SetRawSocketOption(1, 15, BitConverter.GetBytes(1)); // SO_REUSEPORT
        socket.Bind(new IPEndPoint(IPAddress.Any, Placeholder.Port));
        socket.Listen(128);
        return socket;
    });

    private async Task PlantAsync(TestLink link)
    {
        await link.Client.IpAsync($"addr add {OtherBalancer}/24 dev eth0");
        for (int i = 0; i < Held + Served; i++)
        {
            int port = FirstPort + i;
            var listener = link.Node.Inside(() =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(IPAddress.Any, port));
                socket.Listen(128);
                return socket;
            });
            if (i < Held) _listeners.Add(listener);
            else _backends.Add(Backend.RunOn(listener, Backend.EchoAsync));
        }

        for (int i = 0; i < Held; i++)
        {
            int clients = (Clients / Held) + (i < Clients % Held ? 1 : 0);
            await LeaveAsync(link, link.Client.Four, FirstPort + i, clients / 2);
            await LeaveAsync(link, OtherBalancer, FirstPort + i, clients - (clients / 2));
        }

        await Eventually.IsTrue(
            async () => (await LookAsync(link, [])).Listening.Sum(item => Number(item.GetProperty("connections"), "abandoned")) == Clients,
            "all clients have left");
    }

    /// <summary>Clients that connect from an address of theirs, send a request, and give up.</summary>
    private static async Task LeaveAsync(TestLink link, IPAddress from, int port, int clients)
    {
        foreach (var client in link.Client.Inside(
            () => Enumerable.Range(0, clients).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)).ToList()))
        {
            using var leaving = client;
            client.Bind(new IPEndPoint(from, 0));
            await client.ConnectAsync(new IPEndPoint(link.Node.Four, port), TestContext.Current.CancellationToken);
            await client.SendAsync(new byte[RequestLength], TestContext.Current.CancellationToken);
        }
    }

    private string Manifest()
    {
        string path = Path.Combine(_folder.FullName, "services.yaml");
        if (!File.Exists(path))
        {
            File.WriteAllText(path, string.Concat(Enumerable.Range(0, Held + Served).Select(i => string.Create(CultureInfo.InvariantCulture, $"""
                apiVersion: v1
                kind: Service
                metadata:
                  name: web-{i}
                  namespace: shop
                spec:
                  type: NodePort
                  ports:
                    - port: 80
                      nodePort: {FirstPort + i}
                ---

                """))));
        }

        return path;
    }

    private async Task<Look> LookAsync(TestLink link, string[] prefix, params string[] more)
    {
        string[] line =
            ["ip", "netns", "exec", link.Node.Name, .. prefix, TestedProgram.Path, "inspect", "--all", "-o", "json", "--admin-socket", NoProxy, .. more];
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(new ProcessStartInfo(line[0], line[1..]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        using var deadline = new CancellationTokenSource(Eventually.Patience);
        var errors = process.StandardError.ReadToEndAsync(deadline.Token);
        string output = await process.StandardOutput.ReadToEndAsync(deadline.Token);
        await process.WaitForExitAsync(deadline.Token);
        (await errors).ShouldBeEmpty();
        using var json = JsonDocument.Parse(output);
        return new Look(process.ExitCode, output, json.RootElement.Clone(), watch.Elapsed);
    }

    private static string Text(JsonElement item, string field) => item.GetProperty(field).GetString()!;

    private static int Number(JsonElement item, string field) => item.GetProperty(field).GetInt32();

    /// <summary>What the command has said.</summary>
    private sealed record Look(int Code, string Output, JsonElement Json, TimeSpan Took)
    {
        public double Milliseconds => Json.GetProperty("elapsedMilliseconds").GetDouble();

        public IReadOnlyList<JsonElement> Listening { get; } = [.. Json.GetProperty("listening").EnumerateArray()];

        public JsonElement Item(int port) => Listening.Single(item => item.GetProperty("port").GetInt32() == port);
    }
}
