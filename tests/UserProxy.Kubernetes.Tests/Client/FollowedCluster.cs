using System.Net;
using UserProxy.FakeApiServer;
using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Client;
using UserProxy.Kubernetes.Client.Access;
using UserProxy.Model;

namespace UserProxy.Kubernetes.Tests.Client;

/// <summary>A fake API server and the source that follows it, with intervals that a test can wait for. Every wait is for a condition.</summary>
internal sealed class FollowedCluster : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    public static readonly ApiTimings Quick = new()
    {
        Connect = TimeSpan.FromSeconds(5),
        Answer = TimeSpan.FromSeconds(3),
        Silence = TimeSpan.FromSeconds(2),
        WatchInterval = TimeSpan.FromMilliseconds(100),
        BackoffStart = TimeSpan.FromMilliseconds(50),
        BackoffMax = TimeSpan.FromMilliseconds(400),
        BackoffMaxOutage = TimeSpan.FromMilliseconds(200),
        ListJitter = TimeSpan.FromMilliseconds(100),
        WarmUp = TimeSpan.FromSeconds(1),
    };

    private readonly CancellationTokenSource _stop = new();
    private IAsyncEnumerator<ServiceTable>? _tables;
    private Task<bool>? _next;

    private FollowedCluster(ApiServer server) => Server = server;

    public ApiServer Server { get; }

    public Faults Faults => Server.Faults;

    /// <summary>With the kubeconfig.</summary>
    public TestFolder Folder { get; } = new();

    public RecordingLogger<KubernetesSource> Logger { get; } = new();

    public ApiClient Client { get; private set; } = null!;

    public KubernetesSource Source { get; private set; } = null!;

    public ServiceTable Table { get; private set; } = ServiceTable.Empty;

    /// <summary>How many tables have come.</summary>
    public int Tables { get; private set; }

    public static async Task<FollowedCluster> ServeAsync(ServerSettings? settings = null) =>
        new(await ApiServer.StartAsync(settings ?? new ServerSettings { BookmarkInterval = TimeSpan.FromMilliseconds(200) }));

    public static async Task<FollowedCluster> StartAsync(params string[] services)
    {
        var cluster = await ServeAsync();
        foreach (string name in services) cluster.Server.Apply(Service(name));
        cluster.Follow();
        await cluster.UntilServingAsync(services);
        return cluster;
    }

    public static string Service(string name, string more = "") => $$"""
        kind: Service
        metadata: {name: {{name}}, namespace: demo{{more}} }
        spec: {clusterIP: 10.96.0.1, ports: [{name: http, port: 80}]}

        """;

    public static string Slice(string name, string service, string address, string more = "") => $$"""
        kind: EndpointSlice
        metadata: {name: {{name}}, namespace: demo, labels: {kubernetes.io/service-name: {{service}}{{more}} } }
        addressType: IPv4
        ports: [{name: http, port: 8080}]
        endpoints: [{addresses: ["{{address}}"]}]

        """;

    public void Follow(
        ApiTimings? timings = null, BuildOptions? options = null, ClusterAccess? access = null, TimeSpan? nodePatience = null,
        Func<IReadOnlyList<IPAddress>>? localAddresses = null)
    {
        Folder.Write("kubeconfig", Server.Kubeconfig());
        access ??= ClusterAccess.FromKubeconfig(Folder["kubeconfig"], TimeProvider.System, Logger);
        Client = new ApiClient(access, TimeProvider.System, timings ?? Quick);
        options ??= new BuildOptions { NodeName = "node-1" };
        Source = new KubernetesSource(Client, options, localAddresses ?? (() => []), TimeProvider.System, new Random(1), Logger)
        {
            NodePatience = nodePatience ?? TimeSpan.Zero,
        };
        _tables = Source.WatchAsync(_stop.Token).GetAsyncEnumerator();
    }

    public Task UntilServingAsync(params string[] services)
    {
        string expected = string.Join(' ', services.Order(StringComparer.Ordinal));
        return UntilAsync(table => Names(table) == expected);
    }

    public async Task UntilAsync(Func<ServiceTable, bool> condition, TimeSpan? patience = null)
    {
        while (Tables == 0 || !condition(Table)) await NextAsync(patience);
    }

    public async Task NextAsync(TimeSpan? patience = null)
    {
        _next ??= _tables!.MoveNextAsync().AsTask();
        (await _next.WaitAsync(patience ?? Patience)).ShouldBeTrue();
        _next = null;
        Table = _tables!.Current;
        Tables++;
    }

    /// <summary>Starts to wait for the next table and gives that wait.</summary>
    public Task Pending() => _next ??= _tables!.MoveNextAsync().AsTask();

    /// <summary>For what only the server or the log can tell.</summary>
    public async Task EventuallyAsync(Func<bool> condition, string what)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!condition())
        {
            if (limit.IsCancellationRequested) throw new TimeoutException($"{what}\n{Describe()}\n{string.Join("\n", Server.Requests)}");
            await Task.Delay(10);
        }
    }

    /// <summary>The server has accepted all watches, and the client knows.</summary>
    public Task UntilWatchedAsync() =>
        EventuallyAsync(() => Server.Watches == 3 && Client.Requests.GetValueOrDefault(("GET", "200")) >= 6, "three watches");

    /// <summary>All watches have told something: what was listed can be watched from.</summary>
    public async Task UntilFollowedAsync()
    {
        await UntilWatchedAsync();
        await EventuallyAsync(() => Source.Facts.All(facts => facts.Events > 0), "bookmarks");
    }

    public static string Names(ServiceTable table) => string.Join(' ', table.Ports.Select(port => port.Name.Name));

    public static string Addresses(ServiceTable table) =>
        string.Join(' ', table.Ports.SelectMany(port => port.Endpoints).Select(endpoint => $"{endpoint.Address}:{endpoint.Port}"));

    public string Describe() => string.Join("\n", Source.Facts.Select(facts =>
        $"{facts.Resource}: {facts.Events} events, {facts.Lists} lists, age {facts.Age}, trouble {facts.Trouble}, ended {string.Join(' ', facts.Restarts)}"));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_next is not null) await ((Task)_next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_tables is not null) await _tables.DisposeAsync();
        Client?.Dispose();
        await Server.DisposeAsync();
        _stop.Dispose();
        Folder.Dispose();
    }
}
