using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using UserProxy.FakeApiServer;
using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Client;
using UserProxy.Kubernetes.Client.Access;
using UserProxy.Kubernetes.Objects;

namespace UserProxy.Kubernetes.Tests.Client;

/// <summary>The two sources are full siblings: what a golden folder gives as a manifest, it gives through the API.</summary>
public sealed class SameTableTests(ApiServerFixture fixture) : IClassFixture<ApiServerFixture>
{
    [Theory]
    [MemberData(nameof(GoldenTests.Cases), MemberType = typeof(GoldenTests))]
    public async Task GoldenFolder_ThroughTheApi_GivesTheSameTable(string name)
    {
        var (state, options) = GoldenTests.Read(name);
        var node = state.NodeNamed(options.NodeName);
        var expected = ClusterCache.Build(1, state.Services, state.EndpointSlices, node, options);
        fixture.Server.Reset(1_000_000);
        foreach (var service in state.Services) Apply("Service", service, ApiJson.Default.ServiceObject);
        foreach (var slice in state.EndpointSlices) Apply("EndpointSlice", slice, ApiJson.Default.EndpointSliceObject);
        if (node is not null) Apply("Node", node, ApiJson.Default.NodeObject);

        using var folder = new TestFolder();
        folder.Write("kubeconfig", fixture.Server.Kubeconfig());
        var logger = new RecordingLogger<KubernetesSource>();
        using var client = new ApiClient(
            ClusterAccess.FromKubeconfig(folder["kubeconfig"], TimeProvider.System, logger), TimeProvider.System, FollowedCluster.Quick);
        var source = new KubernetesSource(client, options, () => options.LocalAddresses, TimeProvider.System, new Random(1), logger)
        {
            NodePatience = node is null ? TimeSpan.Zero : FollowedCluster.Patience,
        };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(FollowedCluster.Patience);
        await using var tables = source.WatchAsync(limit.Token).GetAsyncEnumerator(limit.Token);
        (await tables.MoveNextAsync()).ShouldBeTrue();

        // Only a manifest has a file, which explain names.
        tables.Current.Ports.ShouldBe(expected.Ports.Select(port => port with { Manifest = null }));
        tables.Current.HealthChecks.ShouldBe(expected.HealthChecks);
        tables.Current.Node.ShouldBe(expected.Node);
        Words(tables.Current).ShouldBe(Words(expected));
    }

    /// <summary>Subjects and reasons: a manifest's issue names its line, one of the API cannot.</summary>
    private static List<string> Words(Model.ServiceTable table) =>
        [.. table.Issues.Select(issue => $"{issue.Subject} {issue.Reason}").Distinct().Order(StringComparer.Ordinal)];

    private void Apply<T>(string kind, T item, JsonTypeInfo<T> type)
    {
        var json = JsonSerializer.SerializeToNode(item, type)!.AsObject();
        json["kind"] = kind;
        fixture.Server.Apply(json);
    }
}

/// <summary>One server for all cases.</summary>
public sealed class ApiServerFixture : IAsyncLifetime
{
    public ApiServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await ApiServer.StartAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
