using System.Text.Json.Nodes;
using UserProxy.FakeApiServer;
using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Client;
using static UserProxy.Kubernetes.Tests.Client.FollowedCluster;

namespace UserProxy.Kubernetes.Tests.Client;

/// <summary>What the source yields while the API server behaves.</summary>
public sealed class KubernetesSourceTests
{
    [Fact]
    public async Task Watch_ListAndChanges_AreServed()
    {
        await using var cluster = await ServeAsync();
        cluster.Server.Apply(Service("a"));
        cluster.Server.Apply(Slice("a-1", "a", "10.0.0.1"));
        cluster.Follow();
        await cluster.UntilAsync(table => Addresses(table) == "10.0.0.1:8080");

        cluster.Server.Apply(Service("b"));
        await cluster.UntilServingAsync("a", "b");
        cluster.Server.Apply(Slice("a-1", "a", "10.0.0.2"));
        await cluster.UntilAsync(table => Addresses(table) == "10.0.0.2:8080");
        cluster.Server.Delete("services", "a");
        await cluster.UntilServingAsync("b");
        cluster.Source.Facts.ShouldAllBe(facts => facts.Lists == 1);
        cluster.Source.Facts[0].Events.ShouldBeGreaterThanOrEqualTo(2);
        cluster.Source.Facts.ShouldAllBe(facts => facts.Age < Patience);
    }

    [Fact]
    public async Task Watch_EmptyCluster_YieldsAnEmptyTable()
    {
        await using var cluster = await StartAsync();
        cluster.Table.Ports.ShouldBeEmpty();
        cluster.Table.Revision.ShouldBe(1);
    }

    [Fact]
    public async Task Watch_SlicesNotListedYet_YieldsNothing()
    {
        await using var cluster = await ServeAsync();
        cluster.Server.Apply(Service("a"));
        cluster.Server.Apply(Slice("a-1", "a", "10.0.0.1"));
        cluster.Faults.Unavailable.Add("endpointslices");
        cluster.Follow();
        var first = cluster.Pending();
        await cluster.EventuallyAsync(
            () => cluster.Server.Requests.Count(request => request.Path.EndsWith("slices", StringComparison.Ordinal)) > 4, "slices asked for");
        first.IsCompleted.ShouldBeFalse();
        cluster.Source.Facts.Single(facts => facts.Resource == "endpointslices").Age.ShouldBeNull();

        cluster.Faults.Unavailable.Clear();
        await cluster.NextAsync();
        Addresses(cluster.Table).ShouldBe("10.0.0.1:8080");
    }

    [Fact]
    public async Task Watch_ManyPages_AreOneList()
    {
        await using var cluster = await ServeAsync(new ServerSettings { MaxPage = 3 });
        string[] names = [.. Enumerable.Range(0, 20).Select(i => $"s{i:d2}")];
        foreach (string name in names) cluster.Server.Apply(Service(name));
        cluster.Follow();
        await cluster.NextAsync();
        Names(cluster.Table).ShouldBe(string.Join(' ', names));
        cluster.Server.Requests.Count(request => request.Query.Contains("continue=", StringComparison.Ordinal)).ShouldBe(6);
    }

    [Fact]
    public async Task LocalAddresses_AreReadEverySecond_HoweverManyEventsCome()
    {
        await using var cluster = await ServeAsync();
        cluster.Server.Apply(Service("a"));
        int reads = 0;
        cluster.Follow(options: new BuildOptions { NodeName = "node-1", ClusterIPs = true }, localAddresses: () =>
        {
            Interlocked.Increment(ref reads);
            return [];
        });
        await cluster.UntilServingAsync("a");
        using var stop = new CancellationTokenSource();
        var churn = ChurnAsync(cluster, stop.Token);
        _ = cluster.Pending(); // runs the source: the tables are all the same
        await cluster.EventuallyAsync(() => Volatile.Read(ref reads) >= 3, "addresses read again");
        await stop.CancelAsync();
        await churn;
    }

    private static async Task ChurnAsync(FollowedCluster cluster, CancellationToken cancellationToken)
    {
        for (int i = 0; !cancellationToken.IsCancellationRequested; i++)
        {
            cluster.Server.Apply(Service("a", $", annotations: {{count: '{i}'}}"));
            await Task.Delay(50, CancellationToken.None);
        }
    }

    [Fact]
    public async Task Watch_Requests_AreWhatAnApiServerWants()
    {
        await using var cluster = await StartAsync("a");
        await cluster.UntilWatchedAsync();
        var requests = cluster.Server.Requests.ToList();
        requests.ShouldAllBe(request => request.Protocol == "HTTP/2");
        var services = requests.Where(request => request.Path == "/api/v1/services").ToList();
        services[0].Query.ShouldBe(
            "?fieldSelector=spec.clusterIP%21%3DNone&labelSelector=%21service.kubernetes.io%2Fservice-proxy-name&limit=500&resourceVersion=0");
        services[1].Query.ShouldMatch(
            "^\\?allowWatchBookmarks=true&fieldSelector=.*&labelSelector=.*&resourceVersion=1001&timeoutSeconds=(3[6-9]|4[0-5])&watch=true$");
        requests.ShouldContain(request => request.Query.Contains("labelSelector=%21service.kubernetes.io%2Fheadless", StringComparison.Ordinal));
        requests.Where(request => request.Path == "/api/v1/nodes").ShouldAllBe(
            request => request.Query.Contains("fieldSelector=metadata.name%3Dnode-1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Watch_Http1_Works()
    {
        await using var cluster = await ServeAsync(new ServerSettings { Http2 = false });
        cluster.Follow();
        await cluster.UntilServingAsync();
        cluster.Server.Apply(Service("a"));
        await cluster.UntilServingAsync("a");
        cluster.Server.Requests.ShouldAllBe(request => request.Protocol == "HTTP/1.1");
    }

    [Fact]
    public async Task Watch_ProxyNameLabel_GoesAndComes()
    {
        await using var cluster = await StartAsync("a", "b");
        cluster.Server.Apply(Service("a", ", labels: {service.kubernetes.io/service-proxy-name: other}"));
        await cluster.UntilServingAsync("b");
        cluster.Server.Apply(Service("a"));
        await cluster.UntilServingAsync("a", "b");
    }

    [Fact]
    public async Task Watch_ServeLabel_ServesOnlyThose()
    {
        await using var cluster = await ServeAsync();
        cluster.Server.Apply(Service("a"));
        cluster.Server.Apply(Service("mine", ", labels: {service.kubernetes.io/service-proxy-name: up}"));
        cluster.Server.Apply(Service("theirs", ", labels: {service.kubernetes.io/service-proxy-name: down}"));
        cluster.Follow(options: new BuildOptions { NodeName = "node-1", ServeLabel = "up" });
        await cluster.UntilServingAsync("mine");
    }

    [Fact]
    public async Task Watch_HeadlessSlicesAndServices_AreLeftOut()
    {
        await using var cluster = await ServeAsync();
        cluster.Server.Apply(Service("a"));
        cluster.Server.Apply(Service("none").Replace("10.96.0.1", "None", StringComparison.Ordinal));
        cluster.Server.Apply(Slice("a-1", "a", "10.0.0.1", ", service.kubernetes.io/headless: \"\""));
        cluster.Server.Apply(Slice("a-2", "a", "10.0.0.2"));
        cluster.Follow();
        await cluster.NextAsync();
        Names(cluster.Table).ShouldBe("a");
        Addresses(cluster.Table).ShouldBe("10.0.0.2:8080");
    }

    [Fact]
    public async Task Watch_OldServer_IsAskedWithoutTheFieldSelector()
    {
        await using var cluster = await ServeAsync();
        cluster.Faults.OldFieldSelectors = true;
        cluster.Server.Apply(Service("a"));
        cluster.Server.Apply(Service("none").Replace("10.96.0.1", "None", StringComparison.Ordinal));
        cluster.Follow();
        await cluster.UntilServingAsync("a");
        cluster.Server.Apply(Service("b"));
        cluster.Server.Apply(Service("none-2").Replace("10.96.0.1", "None", StringComparison.Ordinal));
        cluster.Server.Apply(Service("c"));
        await cluster.UntilServingAsync("a", "b", "c");
        cluster.Server.Requests.Count(request => request.Query.Contains("spec.clusterIP", StringComparison.Ordinal)).ShouldBe(1);
        cluster.Logger.Lines(346).ShouldHaveSingleItem().ShouldContain("spec.clusterIP!=None");
    }

    [Fact]
    public async Task Watch_NodeUnknown_GoesOnAndFollows()
    {
        await using var cluster = await StartAsync("a");
        cluster.Logger.Lines(348).ShouldHaveSingleItem().ShouldContain("node-1");
        cluster.Server.Apply("kind: Node\nmetadata: {name: node-2}\n");
        cluster.Server.Apply("kind: Node\nmetadata: {name: node-1}\nstatus: {addresses: [{type: InternalIP, address: 192.0.2.1}]}\n");
        await cluster.EventuallyAsync(() => cluster.Source.Facts[2].Events > 0, "the node's event");
    }

    [Fact]
    public async Task Watch_Burst_MakesFewTables()
    {
        await using var cluster = await StartAsync();
        int before = cluster.Tables;
        string[] names = [.. Enumerable.Range(0, 400).Select(i => $"s{i:d3}")];
        foreach (string name in names) cluster.Server.Apply(Service(name));
        await cluster.UntilServingAsync(names);
        (cluster.Tables - before).ShouldBeLessThan(50);
    }

    [Fact]
    public async Task Watch_LargeCluster_IsListedInPagesAndFollowed()
    {
        const int Size = 10_000;
        await using var cluster = await ServeAsync(new ServerSettings { MaxPage = ApiClient.PageSize });
        for (int i = 0; i < Size; i++)
        {
            string service = $$"""{"kind":"Service","metadata":{"name":"s{{i}}","namespace":"demo"},"spec":{"clusterIP":"10.96.0.1","ports":[{"port":80}]} }""";
            cluster.Server.Apply(JsonNode.Parse(service)!.AsObject());
        }

        // A bound against hangs alone: a busy machine takes its time for so many.
        var patience = TimeSpan.FromMinutes(5);
        cluster.Follow(Quick with { Answer = patience });
        await cluster.NextAsync(patience);
        cluster.Table.Ports.Count.ShouldBe(Size);
        cluster.Server.Requests.Count(request => request.Path == "/api/v1/services" && !request.IsWatch).ShouldBe(Size / ApiClient.PageSize);
        cluster.Server.Delete("services", "s5000");
        await cluster.UntilAsync(table => table.Ports.Count == Size - 1, patience);
    }

    [Fact]
    public async Task UidOf_FollowsTheServices()
    {
        await using var cluster = await StartAsync("a");
        string? uid = cluster.Source.UidOf("demo", "a");
        uid.ShouldNotBeNullOrEmpty();
        cluster.Source.UidOf("demo", "b").ShouldBeNull();
        cluster.Server.Delete("services", "a");
        await cluster.UntilServingAsync();
        cluster.Source.UidOf("demo", "a").ShouldBeNull();
    }

    [Fact]
    public async Task Watch_Cancelled_Ends()
    {
        var cluster = await StartAsync("a");
        var pending = cluster.Pending();
        await cluster.DisposeAsync();
        pending.IsCanceled.ShouldBeTrue();
    }
}
