using UserProxy.Kubernetes.Client;
using static UserProxy.Kubernetes.Tests.Client.FollowedCluster;

namespace UserProxy.Kubernetes.Tests.Client;

/// <summary>The timings that a run has. They take their time: a class of its own, which runs beside the others.</summary>
public sealed class ProductionTimingsTests
{
    /// <summary>Time for about twenty watches of each resource, one after the other.</summary>
    private static readonly TimeSpan Churn = TimeSpan.FromSeconds(30), LongestWatch = TimeSpan.FromSeconds(2.5);

    [Fact]
    public async Task WatchesCutAllTheTime_EndUpEqualAtABoundedRate()
    {
        await using var cluster = await ServeAsync();
        var random = new Random(11);
        cluster.Faults.RetryAfter = TimeSpan.FromSeconds(1);
        cluster.Faults.CutWatchAfter = () =>
        {
            // One in six is shorter than a second, which without an event counts as a failure: were it most of them, the pauses after failures would be all
            // there is to see.
            lock (random) return LongestWatch * Math.Sqrt(random.NextDouble());
        };
        cluster.Server.Apply(Service("a"));
        cluster.Follow(ApiTimings.Default);
        await cluster.UntilServingAsync("a");
        long start = TimeProvider.System.GetTimestamp();
        int before = cluster.Server.Requests.Count;
        for (int i = 0; TimeProvider.System.GetElapsedTime(start) < Churn; i++)
        {
            cluster.Server.Apply(Service($"s{i % 7}"));
            if (i % 3 == 0) cluster.Server.Delete("services", $"s{(i + 3) % 7}");
            if (i % 80 == 0) cluster.Faults.TooManyRequests(3);
            await Task.Delay(100); // the churn of a cluster, not a wait
        }

        // Three resources, each at most one watch a second.
        (cluster.Server.Requests.Count - before).ShouldBeLessThan(3 * (int)Churn.TotalSeconds);
        cluster.Faults.CutWatchAfter = null;
        cluster.Server.Apply(Service("last"));
        foreach (int i in Enumerable.Range(0, 7)) cluster.Server.Delete("services", $"s{i}");
        // A row of failures may have led to the longest pause.
        await cluster.UntilAsync(table => Names(table) == "a last", ApiTimings.Default.BackoffMax + Patience);
    }
}
