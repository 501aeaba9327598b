using UserProxy.FakeApiServer;
using UserProxy.Kubernetes.Client;
using UserProxy.Kubernetes.Client.Access;
using UserProxy.Kubernetes.Objects;
using UserProxy.Tests;

namespace UserProxy.Kubernetes.Tests.Client;

/// <summary>What cannot be seen through the source: a defect in the consumer, a consumer that is slow, and the pauses themselves.</summary>
public sealed class ReflectorTests : IAsyncLifetime
{
    private readonly TestFolder _folder = new();
    private readonly RecordingLogger<ReflectorTests> _logger = new();
    private readonly CancellationTokenSource _stop = new();
    private ApiServer _server = null!;
    private ApiClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await ApiServer.StartAsync();
        _folder.Write("kubeconfig", _server.Kubeconfig());
        _client = new ApiClient(ClusterAccess.FromKubeconfig(_folder["kubeconfig"], TimeProvider.System, _logger), TimeProvider.System, FollowedCluster.Quick);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _client.Dispose();
        await _server.DisposeAsync();
        _stop.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Consumer_Throws_IsLoggedAndEverythingListedAgain()
    {
        int lists = 0;
        var listedAgain = new TaskCompletionSource();
        var reflector = Reflector(change =>
        {
            if (change is Upserted<ServiceObject>) throw new InvalidOperationException("a defect");
            if (change is Replaced<ServiceObject> all && ++lists == 2 && all.Items.Count == 1) listedAgain.SetResult();
            return ValueTask.CompletedTask;
        });
        var running = reflector.RunAsync(_stop.Token);
        while (_server.Watches == 0) await Task.Delay(5, TestContext.Current.CancellationToken);
        _server.Apply(FollowedCluster.Service("a"));
        await listedAgain.Task.WaitAsync(FollowedCluster.Patience, TestContext.Current.CancellationToken);
        _logger.Lines(345).Count().ShouldBe(1);
        reflector.Facts.Restarts["defect"].ShouldBe(1);
        running.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Consumer_Slow_LosesNothingAndIsNoSilence()
    {
        var release = new TaskCompletionSource();
        var names = new List<string>();
        var all = new TaskCompletionSource();
        var reflector = Reflector(async change =>
        {
            if (change is not Upserted<ServiceObject> one) return;
            await release.Task;
            names.Add(one.Id.Name);
            if (names.Count == 20) all.SetResult();
        });
        var running = reflector.RunAsync(_stop.Token);
        while (_server.Watches == 0) await Task.Delay(5, TestContext.Current.CancellationToken);
        for (int i = 0; i < 20; i++) _server.Apply(FollowedCluster.Service($"s{i:d2}"));
        // Longer than the silence that is put up with: it is ours.
        await Task.Delay(FollowedCluster.Quick.Silence + TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        release.SetResult();
        await all.Task.WaitAsync(FollowedCluster.Patience, TestContext.Current.CancellationToken);
        names.ShouldBe(Enumerable.Range(0, 20).Select(i => $"s{i:d2}"));
        reflector.Facts.Restarts.ShouldBeEmpty();
        running.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public void Backoff_DoublesToItsLimitWithJitterAndStartsOverAfterQuiet()
    {
        var time = new FakeTimeProvider();
        var backoff = new Backoff(ApiTimings.Default, time, new Random(3));
        double[] limits = [0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30];
        var pauses = limits.Select(_ => backoff.Next(TimeSpan.FromSeconds(30)).TotalSeconds).ToArray();
        for (int i = 0; i < limits.Length; i++) pauses[i].ShouldBeInRange(0.1, limits[i]);
        pauses.Distinct().Count().ShouldBe(limits.Length);
        backoff.Next(TimeSpan.FromSeconds(4)).TotalSeconds.ShouldBeInRange(0.1, 4);

        time.Advance(TimeSpan.FromMinutes(2));
        backoff.Next(TimeSpan.FromSeconds(30)).TotalSeconds.ShouldBeInRange(0.1, 0.8);
    }

    /// <summary>The server makes a page for as long as we read the one before.</summary>
    [Fact]
    public async Task List_NextPage_IsAskedForBeforeThisOneIsRead()
    {
        await using var server = await ApiServer.StartAsync(new ServerSettings { MaxPage = 2 });
        foreach (string name in (string[])["a", "b", "c"]) server.Apply(FollowedCluster.Service(name));
        _folder.Write("pages", server.Kubeconfig());
        using var client = new ApiClient(ClusterAccess.FromKubeconfig(_folder["pages"], TimeProvider.System, _logger), TimeProvider.System);
        var requests = new List<bool>();
        await client.ListAllAsync(ApiResources.Services, new ListQuery(), _ => requests.Add(BothAreThere()), _stop.Token);
        requests.ShouldBe([true, true, true]);

        bool BothAreThere() => SpinWait.SpinUntil(() => server.Requests.Count == 2, FollowedCluster.Patience);
    }

    /// <summary>What comes of a long list is made less of at once.</summary>
    [Fact]
    public async Task List_Items_AreKeptAsTheyCome()
    {
        _server.Apply(FollowedCluster.Service("a"));
        var seen = new List<string>();
        var listed = new TaskCompletionSource();
        var reflector = new Reflector<ServiceObject, string>(
            _client, ApiResources.Services, ClusterSelectors.Services(null), service => Note("kept", service.Metadata.Name!),
            (change, _) =>
            {
                seen.Add(((Replaced<string>)change).Items.Values.Single());
                listed.SetResult();
                return ValueTask.CompletedTask;
            },
            TimeProvider.System, new Random(1), _logger);
        var running = reflector.RunAsync(_stop.Token);
        await listed.Task.WaitAsync(FollowedCluster.Patience, TestContext.Current.CancellationToken);
        seen.ShouldBe(["kept", "a of node"]);
        running.IsCompleted.ShouldBeFalse();

        string Note(string what, string name)
        {
            seen.Add(what);
            return name + " of node";
        }
    }

    private Reflector<ServiceObject, ServiceObject> Reflector(Func<StoreChange, ValueTask> publish) => new(
        _client, ApiResources.Services, ClusterSelectors.Services(null), service => service, (change, _) => publish(change),
        TimeProvider.System, new Random(1), _logger);
}
