using UserProxy.FakeApiServer;
using UserProxy.Kubernetes.Client;
using UserProxy.Kubernetes.Client.Access;
using static UserProxy.Kubernetes.Tests.Client.FollowedCluster;

namespace UserProxy.Kubernetes.Tests.Client;

/// <summary>What the source does when the API server does not behave: it keeps what it has, and ends up with what is.</summary>
public sealed class ReflectorFaultTests
{
    private const int ApiLost = 341;
    private const int ApiBack = 342;
    private const int Relisting = 343;
    private const int InvalidObject = 344;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Gone_WhenAWatchIsResumed_ListsAgainAndDeletes(bool asEvent)
    {
        await using var cluster = await StartAsync("a", "b");
        await cluster.UntilFollowedAsync();
        cluster.Faults.GoneAsEvent = asEvent;
        await cluster.Server.StopAsync();
        cluster.Server.Delete("services", "a");
        cluster.Server.Apply(Service("c"));
        cluster.Server.Compact();
        await cluster.Server.ResumeAsync();
        await cluster.UntilServingAsync("b", "c");
        cluster.Source.Facts[0].Restarts["gone"].ShouldBe(1);
        cluster.Source.Facts[0].Lists.ShouldBe(2);
        cluster.Logger.Lines(Relisting).ShouldContain(line => line.Contains("services", StringComparison.Ordinal));
        // Out of the server's cache, as long as that knows what we know.
        ListQueries(cluster)[1].ShouldContain("limit=0&resourceVersion=1002");
    }

    /// <summary>What a server does that has been started again: nothing can be watched from before, however little has happened.</summary>
    [Fact]
    public async Task Restart_WithNothingChanged_IsOneListOfEach()
    {
        await using var cluster = await StartAsync("a");
        cluster.Server.Apply("{kind: Node, metadata: {name: node-2}}");
        await cluster.UntilFollowedAsync();
        await cluster.Server.StopAsync();
        await cluster.EventuallyAsync(() => cluster.Source.Facts.All(facts => facts.Trouble is not null), "all in trouble");
        cluster.Server.Apply("{kind: Node, metadata: {name: node-3}}");
        await cluster.Server.ResumeAsync();
        await cluster.EventuallyAsync(() => cluster.Server.Watches == 3 && cluster.Source.Facts.All(facts => facts.Trouble is null), "all watched again");
        cluster.Source.Facts.ShouldAllBe(facts => facts.Lists == 2);
    }

    [Fact]
    public async Task Restart_ServerRefusesAtFirst_IsWaitedOutAndListed()
    {
        await using var cluster = await ServeAsync(new ServerSettings { WarmUp = TimeSpan.FromMilliseconds(500) });
        cluster.Server.Apply(Service("a"));
        cluster.Follow(Quick with { WarmUp = TimeSpan.FromMinutes(5) });
        await cluster.UntilServingAsync("a");
        for (int i = 0; i < 2; i++)
        {
            await cluster.UntilWatchedAsync();
            await cluster.Server.StopAsync();
            cluster.Server.Apply(Service($"b{i}"));
            await cluster.Server.ResumeAsync();
            await cluster.UntilAsync(table => Names(table).EndsWith($"b{i}", StringComparison.Ordinal));
        }
    }

    /// <summary>The change itself is in no watch: only a list has it. Any ERROR but 410 was once taken for a passing one.</summary>
    [Theory]
    [InlineData(400)]
    [InlineData(403)]
    [InlineData(500)]
    [InlineData(504)]
    public async Task ErrorInTheStream_ListsAgain(int code)
    {
        await using var cluster = await StartAsync("a");
        await cluster.UntilWatchedAsync();
        await cluster.Server.StopAsync();
        cluster.Server.Apply(Service("b"));
        cluster.Faults.WatchError = (resource, version) => resource == "services" && version < 1002 ? code : null;
        await cluster.Server.ResumeAsync();
        await cluster.UntilServingAsync("a", "b");
        cluster.Source.Facts[0].Restarts["watch_error"].ShouldBe(1);
    }

    [Fact]
    public async Task ErrorInTheStream_TooManyRequests_ResumesTheWatch()
    {
        await using var cluster = await StartAsync("a");
        await cluster.UntilWatchedAsync();
        cluster.Server.WriteRaw("services", """{"type":"ERROR","object":{"kind":"Status","code":429,"reason":"TooManyRequests","message":"not now"}}""");
        await cluster.EventuallyAsync(() => cluster.Source.Facts[0].Restarts.ContainsKey("too_many_requests"), "the watch has ended");
        cluster.Server.Apply(Service("b"));
        await cluster.UntilServingAsync("a", "b");
        cluster.Source.Facts[0].Lists.ShouldBe(1);
    }

    [Fact]
    public async Task ErrorInEveryStream_IsNoHotLoop_AndTheStoreIsAsked()
    {
        await using var cluster = await ServeAsync();
        cluster.Server.Apply(Service("a"));
        cluster.Faults.WatchError = (resource, _) => resource == "services" ? 500 : null;
        long start = TimeProvider.System.GetTimestamp();
        // However busy the machine, no error comes so late that its watch counts as one that was followed.
        cluster.Follow(Quick with { WatchInterval = TimeSpan.FromSeconds(60) });
        await cluster.UntilServingAsync("a");
        await cluster.EventuallyAsync(() => cluster.Source.Facts[0].Lists >= 6, "lists");
        // Pauses of 0 to 100, 50, 100, 200, 400 ms, and none but the first below 50.
        TimeProvider.System.GetElapsedTime(start).ShouldBeGreaterThan(TimeSpan.FromMilliseconds(4 * 50));
        ListQueries(cluster)[0].ShouldContain("resourceVersion=0");
        ListQueries(cluster).Skip(1).ShouldAllBe(query => !query.Contains("resourceVersion", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(400)]
    [InlineData(404)]
    [InlineData(500)]
    public async Task WatchRefusedForAReasonOfItsOwn_ListsAgain(int code)
    {
        await using var cluster = await StartAsync("a");
        await cluster.UntilFollowedAsync();
        await cluster.Server.StopAsync();
        cluster.Server.Apply(Service("b"));
        cluster.Faults.WatchRefused = (resource, version) => resource == "services" && version < 1002 ? code : null;
        await cluster.Server.ResumeAsync();
        await cluster.UntilServingAsync("a", "b");
        cluster.Source.Facts[0].Lists.ShouldBe(2);
    }

    [Fact]
    public async Task GatewayWithoutServer_IsAnOutage()
    {
        await using var cluster = await StartAsync("a");
        await cluster.UntilFollowedAsync();
        await cluster.Server.StopAsync();
        cluster.Faults.GatewayOnly = true;
        await cluster.Server.ResumeAsync();
        await cluster.EventuallyAsync(() => cluster.Client.Requests.GetValueOrDefault(("GET", "503")) > 6, "the gateway answers");
        cluster.Source.Facts.ShouldAllBe(facts => facts.Restarts.ContainsKey("unreachable") && !facts.Restarts.ContainsKey("server_error"));
        cluster.Server.Apply(Service("b"));
        cluster.Faults.GatewayOnly = false;
        await cluster.UntilServingAsync("a", "b");
    }

    [Fact]
    public async Task Gone_InTheMiddleOfAList_StartsOver()
    {
        await using var cluster = await ServeAsync(new ServerSettings { MaxPage = 2 });
        foreach (string name in (string[])["a", "b", "c", "d", "e"]) cluster.Server.Apply(Service(name));
        cluster.Faults.ExpireContinues(2);
        cluster.Follow();
        await cluster.NextAsync();
        Names(cluster.Table).ShouldBe("a b c d e");
        cluster.Source.Facts[0].Restarts["gone"].ShouldBe(2);
    }

    [Fact]
    public Task Gone_AsARawEvent_ListsAgain() => ListsAgainAfterAsync("""{"type":"ERROR","object":{"kind":"Status","reason":"Gone","message":"gone"}}""");

    /// <summary>Whatever else it says: the watch is over, and events may be lost.</summary>
    [Theory]
    [InlineData("""{"type":"ERROR","object":{"kind":"Status","code":"500","message":7}}""")]
    [InlineData("""{"type":"ERROR","object":7}""")]
    [InlineData("""{"type":"ERROR"}""")]
    public Task ErrorInTheStream_ThatCannotBeRead_ListsAgain(string line) => ListsAgainAfterAsync(line);

    private static async Task ListsAgainAfterAsync(string line)
    {
        await using var cluster = await StartAsync("a");
        await cluster.UntilWatchedAsync();
        cluster.Server.WriteRaw("services", line);
        await cluster.EventuallyAsync(() => cluster.Source.Facts[0].Lists == 2, "a second list");
        cluster.Server.Apply(Service("b"));
        await cluster.UntilServingAsync("a", "b");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task FrozenWatch_IsFoundAndResumed(bool http2)
    {
        await using var cluster = await ServeAsync(new ServerSettings { Http2 = http2, BookmarkInterval = TimeSpan.FromMilliseconds(200) });
        cluster.Server.Apply(Service("a"));
        cluster.Follow(Quick with { Silence = TimeSpan.FromSeconds(1) });
        await cluster.UntilServingAsync("a");
        await cluster.UntilWatchedAsync();

        cluster.Faults.FrozenWatches = true;
        cluster.Server.Apply(Service("b"));
        await cluster.EventuallyAsync(() => cluster.Source.Facts.All(facts => facts.Restarts.GetValueOrDefault("silent") > 0), "silence found");
        cluster.Faults.FrozenWatches = false;
        await cluster.UntilServingAsync("a", "b");
        cluster.Source.Facts.ShouldAllBe(facts => facts.Lists == 1); // nothing was lost, so nothing is listed
    }

    [Fact]
    public async Task FrozenServer_KeepsTheTableAndComesBack()
    {
        await using var cluster = await StartAsync("a");
        await cluster.UntilWatchedAsync();
        cluster.Faults.FrozenWatches = true;
        cluster.Faults.FrozenRequests = true;
        await cluster.Logger.SeenAsync(ApiLost).WaitAsync(Patience);
        Names(cluster.Table).ShouldBe("a");
        cluster.Server.Apply(Service("b"));
        cluster.Faults.FrozenRequests = false;
        cluster.Faults.FrozenWatches = false;
        await cluster.UntilServingAsync("a", "b");
        await cluster.Logger.SeenAsync(ApiBack).WaitAsync(Patience);
    }

    [Fact]
    public async Task QuietWatches_EndInGoodOrderWithTheirVersion()
    {
        // Bookmarks as a real server sends them: once a minute, and two seconds before the end of a watch, with the version of the resource alone.
        await using var cluster = await ServeAsync(new ServerSettings());
        cluster.Server.Apply(Service("a"));
        cluster.Follow(Quick with { WatchLength = TimeSpan.FromSeconds(3), Silence = TimeSpan.FromSeconds(6) });
        await cluster.UntilServingAsync("a");
        await cluster.UntilWatchedAsync();
        cluster.Server.Apply("{kind: Node, metadata: {name: node-2}}"); // the store's version moves on, and nothing happens that anybody watches
        await cluster.EventuallyAsync(() => cluster.Source.Facts.All(facts => facts.Restarts.GetValueOrDefault("closed") >= 2), "watches renewed");
        cluster.Source.Facts.ShouldAllBe(facts => facts.Events >= 2 && facts.Restarts.Count == 1 && facts.Lists == 1);
        cluster.Source.Facts.ShouldAllBe(facts => facts.Age < TimeSpan.FromSeconds(6));
        cluster.Server.Requests.Last(request => request.Path == "/api/v1/nodes" && request.IsWatch).Query.ShouldContain("resourceVersion=1002");
        cluster.Server.Requests.Last(request => request.Path == "/api/v1/services" && request.IsWatch).Query.ShouldContain("resourceVersion=1001");
    }

    [Fact]
    public void WatchesOfProduction_EndBeforeTheyWouldBeCalledSilent()
    {
        var timings = ApiTimings.Default;
        (timings.WatchLength + TimeSpan.FromSeconds(4)).ShouldBeLessThan(timings.Silence);
        timings.Silence.ShouldBeLessThan(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task SilentButAlive_IsNoTrouble()
    {
        await using var cluster = await ServeAsync();
        cluster.Faults.NoBookmarks = true;
        cluster.Server.Apply(Service("a"));
        cluster.Follow(Quick with { Silence = TimeSpan.FromMilliseconds(300) });
        await cluster.UntilServingAsync("a");
        await cluster.EventuallyAsync(() => cluster.Source.Facts[0].Restarts.GetValueOrDefault("silent") > 3, "watches renewed");
        cluster.Server.Apply(Service("b"));
        await cluster.UntilServingAsync("a", "b");
        cluster.Logger.Lines(ApiLost).ShouldBeEmpty();
        cluster.Source.Facts[0].Lists.ShouldBe(1);
    }

    [Fact]
    public async Task WatchesCutAllTheTime_EndUpEqualAtABoundedRate()
    {
        await using var cluster = await StartAsync("a");
        var random = new Random(7);
        cluster.Faults.RetryAfter = TimeSpan.FromSeconds(1);
        cluster.Faults.CutWatchAfter = () =>
        {
            lock (random) return TimeSpan.FromMilliseconds(random.Next(0, 300));
        };
        await cluster.Server.StopAsync();
        await cluster.Server.ResumeAsync();
        var start = DateTimeOffset.UtcNow;
        int before = cluster.Server.Requests.Count;
        for (int i = 0; i < 60; i++)
        {
            cluster.Server.Apply(Service($"s{i % 7}"));
            if (i % 3 == 0) cluster.Server.Delete("services", $"s{(i + 3) % 7}");
            if (i % 20 == 0) cluster.Faults.TooManyRequests(2);
            await Task.Delay(50); // the churn of a cluster, not a wait
        }

        double seconds = (DateTimeOffset.UtcNow - start).TotalSeconds;
        int requests = cluster.Server.Requests.Count - before;
        // Three resources, each at most one watch in 100 ms.
        requests.ShouldBeLessThan((int)(3 * 10 * seconds) + 10);
        cluster.Faults.CutWatchAfter = null;
        cluster.Server.Apply(Service("last"));
        foreach (int i in Enumerable.Range(0, 7)) cluster.Server.Delete("services", $"s{i}");
        await cluster.UntilServingAsync("a", "last");
        cluster.Source.Facts[0].Lists.ShouldBe(1);
    }

    [Fact]
    public async Task WatchesThatEndAtOnce_AreNoHotLoop()
    {
        await using var cluster = await ServeAsync();
        cluster.Faults.CutWatchAfter = () => TimeSpan.Zero;
        cluster.Follow(Quick with { BackoffStart = TimeSpan.FromMilliseconds(200), BackoffMax = TimeSpan.FromSeconds(1) });
        await cluster.UntilServingAsync();
        var start = DateTimeOffset.UtcNow;
        int before = cluster.Server.Requests.Count;
        await cluster.EventuallyAsync(() => cluster.Server.Requests.Count >= before + 15, "some requests");
        // Three resources, and no pause is shorter than 100 ms.
        int requests = cluster.Server.Requests.Count - before;
        requests.ShouldBeLessThan((int)(3 * 10 * (DateTimeOffset.UtcNow - start).TotalSeconds) + 10);
        // On a busy machine a watch may live long enough to count as one that was followed.
        cluster.Logger.Lines(ApiLost).Count().ShouldBeLessThanOrEqualTo(3 + cluster.Logger.Lines(ApiBack).Count());
    }

    [Fact]
    public async Task TooManyRequests_WaitsAsLongAsAsked()
    {
        await using var cluster = await ServeAsync();
        cluster.Faults.RetryAfter = TimeSpan.FromSeconds(1);
        cluster.Faults.TooManyRequests(3);
        var start = DateTimeOffset.UtcNow;
        cluster.Follow();
        await cluster.UntilServingAsync();
        (DateTimeOffset.UtcNow - start).ShouldBeGreaterThan(TimeSpan.FromMilliseconds(950));
        cluster.Client.Requests[("GET", "429")].ShouldBe(3);
    }

    [Fact]
    public async Task ServerGone_KeepsTheTableAndTakesWhatComesBack()
    {
        await using var cluster = await StartAsync("a", "b");
        await cluster.UntilFollowedAsync();
        await cluster.Server.StopAsync();
        await cluster.EventuallyAsync(() => cluster.Source.Facts.All(facts => facts.Trouble is not null), "all in trouble");
        Names(cluster.Table).ShouldBe("a b");
        cluster.Pending().IsCompleted.ShouldBeFalse();
        cluster.Server.Reset(5000);
        cluster.Server.Apply(Service("x"));
        await cluster.Server.ResumeAsync();
        await cluster.UntilServingAsync("x");
        await cluster.EventuallyAsync(() => cluster.Source.Facts.All(facts => facts.Trouble is null), "all well");
        cluster.Logger.Lines(ApiLost).Count().ShouldBe(3, "one a resource, however often it was tried: " + string.Join('\n', cluster.Logger.Lines(ApiLost)));
        cluster.Logger.Lines(ApiBack).Count().ShouldBe(3);
    }

    [Fact]
    public async Task ServerRestored_WithLowerVersions_IsListedAgain()
    {
        await using var cluster = await StartAsync("a", "b");
        await cluster.Server.StopAsync();
        cluster.Server.Reset(7);
        cluster.Server.Apply(Service("x"));
        await cluster.Server.ResumeAsync();
        await cluster.UntilServingAsync("x");
    }

    [Fact]
    public async Task StartWithoutServer_WaitsForIt()
    {
        await using var cluster = await ServeAsync();
        cluster.Server.Apply(Service("a"));
        await cluster.Server.StopAsync();
        cluster.Follow();
        var first = cluster.Pending();
        await cluster.Logger.SeenAsync(ApiLost).WaitAsync(Patience);
        first.IsCompleted.ShouldBeFalse();
        await cluster.Server.ResumeAsync();
        await cluster.UntilServingAsync("a");
    }

    [Theory]
    [InlineData("services", "apiGroups: [\"\"], resources: [services], verbs: [list, watch]")]
    [InlineData("endpointslices", "apiGroups: [\"discovery.k8s.io\"], resources: [endpointslices], verbs: [list, watch]")]
    [InlineData("nodes", "apiGroups: [\"\"], resources: [nodes], verbs: [list, watch]")]
    public async Task Forbidden_AtTheStart_EndsWithTheRuleThatIsMissing(string resource, string rule)
    {
        await using var cluster = await ServeAsync();
        cluster.Faults.Forbidden.Add(resource);
        cluster.Follow(nodePatience: TimeSpan.FromSeconds(30));
        var thrown = await Should.ThrowAsync<ClusterAccessException>(() => cluster.NextAsync());
        thrown.Message.ShouldContain(rule);
        thrown.Message.ShouldContain("system:serviceaccount:kube-system:userproxy");
        cluster.Source.Facts.Single(facts => facts.Resource == resource).Restarts["forbidden"].ShouldBeGreaterThan(1, "not at the first one");
    }

    [Fact]
    public async Task Forbidden_AtTheStart_Passes()
    {
        await using var cluster = await ServeAsync();
        cluster.Server.Apply(Service("a"));
        foreach (string resource in (string[])["services", "endpointslices", "nodes"]) cluster.Faults.Forbidden.Add(resource);
        cluster.Follow(Quick with { WarmUp = TimeSpan.FromMinutes(5) });
        var first = cluster.Pending();
        await cluster.EventuallyAsync(() => cluster.Source.Facts.All(facts => facts.Restarts.GetValueOrDefault("forbidden") >= 3), "several refusals");
        first.IsCompleted.ShouldBeFalse();
        cluster.Logger.Lines(ApiLost).Count().ShouldBe(3); // one a resource
        cluster.Logger.Lines(ApiLost).ShouldAllBe(
            line => line.Contains("was started just now", StringComparison.Ordinal) && line.Contains("verbs: [list, watch]", StringComparison.Ordinal));
        cluster.Source.Facts.ShouldAllBe(facts => facts.Trouble!.Contains("was started just now", StringComparison.Ordinal));
        cluster.Faults.Forbidden.Clear();
        await cluster.UntilServingAsync("a");
    }

    [Fact]
    public async Task Forbidden_Later_KeepsServingAndSaysSoOnce()
    {
        await using var cluster = await StartAsync("a");
        await cluster.UntilWatchedAsync();
        await cluster.Server.StopAsync();
        cluster.Faults.Forbidden.Add("services");
        await cluster.Server.ResumeAsync();
        await cluster.EventuallyAsync(() => cluster.Source.Facts[0].Restarts.GetValueOrDefault("forbidden") >= 3, "several refusals");
        Names(cluster.Table).ShouldBe("a");
        cluster.Logger.Lines(ApiLost).Count(line => line.Contains("forbidden", StringComparison.Ordinal)).ShouldBe(1);
        cluster.Server.Apply(Service("b"));
        cluster.Faults.Forbidden.Clear();
        await cluster.UntilServingAsync("a", "b");
    }

    [Fact]
    public async Task MalformedObjects_AreSkippedByName()
    {
        await using var cluster = await ServeAsync();
        cluster.Server.Apply(Service("a"));
        cluster.Server.Apply("kind: Service\nmetadata: {name: bad, namespace: demo}\nspec: {ports: many}\n");
        cluster.Server.Apply("kind: Service\nmetadata: {name: worse, namespace: demo}\nspec: {clusterIP: 10.0.0.1, ports: [null]}\n");
        cluster.Server.Apply(Service("z"));
        cluster.Follow();
        await cluster.UntilServingAsync("a", "z");
        cluster.Source.Facts[0].InvalidObjects["list"].ShouldBe(2);
        cluster.Logger.Lines(InvalidObject).ShouldContain(line => line.Contains("demo/bad", StringComparison.Ordinal));

        // One that goes bad keeps its last good form, also when everything is listed again; one that heals is taken.
        await cluster.UntilWatchedAsync();
        cluster.Server.Apply("kind: Service\nmetadata: {name: a, namespace: demo}\nspec: {ports: 7}\n");
        cluster.Server.WriteRaw("services", "no json at all {{{");
        cluster.Server.WriteRaw("services", """{"type":"ADDED"}""");
        cluster.Server.WriteRaw("services", """{"type":"DELETED","object":{"metadata":{"labels":3}}}""");
        cluster.Server.Apply(Service("bad"));
        await cluster.UntilServingAsync("a", "bad", "z");
        cluster.Source.Facts[0].InvalidObjects["watch"].ShouldBe(4);
        await cluster.Server.StopAsync();
        cluster.Server.Compact();
        cluster.Server.Delete("services", "z");
        await cluster.Server.ResumeAsync();
        await cluster.UntilServingAsync("a", "bad");

        // What has gone bad can still be deleted.
        cluster.Server.Delete("services", "a");
        await cluster.UntilServingAsync("bad");
    }

    [Fact]
    public async Task SlowBytes_AreReadAllTheSame()
    {
        await using var cluster = await ServeAsync();
        cluster.Faults.SlowBytes = true;
        for (int i = 0; i < 5; i++) cluster.Server.Apply(Service($"s{i}"));
        cluster.Follow();
        await cluster.UntilServingAsync("s0", "s1", "s2", "s3", "s4");
        cluster.Server.Apply(Service("t"));
        await cluster.UntilServingAsync("s0", "s1", "s2", "s3", "s4", "t");
    }

    [Fact]
    public async Task TokenRotated_IsReadAgain()
    {
        await using var cluster = await ServeAsync();
        using var folder = new TestFolder();
        folder.Write("token", cluster.Server.Accounts.Token + "\n");
        folder.Write("ca.crt", cluster.Server.Pki.CaPem);
        cluster.Server.Apply(Service("a"));
        var url = cluster.Server.Url;
        cluster.Follow(access: ClusterAccess.InCluster(url.Host, $"{url.Port}", cluster.Logger, folder.Path));
        await cluster.UntilServingAsync("a");

        await cluster.Server.StopAsync();
        cluster.Server.Accounts.Token = "second-token";
        await cluster.Server.ResumeAsync();
        await cluster.EventuallyAsync(() => cluster.Source.Facts.Any(facts => facts.Restarts.ContainsKey("unauthorized")), "the old token refused");
        folder.Replace("token", "second-token");
        cluster.Server.Apply(Service("b"));
        await cluster.UntilServingAsync("a", "b");
    }

    private static string[] ListQueries(FollowedCluster cluster) =>
        [.. cluster.Server.Requests.Where(request => request.Path == "/api/v1/services" && !request.IsWatch).Select(request => request.Query)];
}
