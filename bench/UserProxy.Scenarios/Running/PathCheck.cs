using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Load;
using UserProxy.Scenarios.Paths;

namespace UserProxy.Scenarios.Running;

/// <summary>Every answer of a path is right before it is timed.</summary>
internal static class PathCheck
{
    /// <summary>New connections until each of three Pods must have been seen: a random pick misses one with a chance of 1 in a million.</summary>
    private const int Asked = 36;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(20), AnswerLimit = TimeSpan.FromSeconds(5);

    /// <summary>Waits until it answers; throws when it does not come up, or what it answers is wrong.</summary>
    public static async Task AnswersAsync(TestBed bed, RunningPath serving, Service http, CancellationToken stop)
    {
        using var sockets = new ClientSockets(bed.Client);
        await Poll.UntilAsync(
            async () => serving.HasEnded
                ? throw new BedException($"it ended: {serving.Log.Trim()}")
                : await HttpAnswer.GetAsync(await sockets.NextAsync(), serving.AddressOf(http), "who", AnswerLimit, stop) is not null,
            () => $"no answer within {StartLimit.TotalSeconds} s: {serving.Log.Trim()}", StartLimit, stop);
        for (int i = 0; i < 10; i++)
        {
            if (await WrongBodyAsync(bed, sockets, serving, http, "100b", stop) is { } wrong) throw new BedException(wrong);
        }
    }

    /// <summary>What is wrong with the standing instance; null for nothing.</summary>
    public static async Task<string?> FindWrongAsync(TestBed bed, TrafficPath path, RunningPath serving, bool withDns, CancellationToken stop)
    {
        using var sockets = new ClientSockets(bed.Client);
        var http = path.Services.Http;
        foreach (string body in HttpBackends.Bodies)
        {
            for (int i = 0; i < TestBed.PodAddresses.Count; i++)
            {
                if (await WrongBodyAsync(bed, sockets, serving, http, body, stop) is { } wrong) return wrong;
            }
        }

        var pods = await WhoAnswersAsync(sockets, serving, http, stop);
        if (pods.Contains(null) || pods.Count != TestBed.PodAddresses.Count)
            return $"{Asked} connections reached {string.Join(", ", pods.Select(pod => pod ?? "nobody").Order())}";
        if (!withDns) return null;
        foreach (var dns in new[] { path.Services.Dns, path.Services.DnsShort }.Where(path.CanServe))
        {
            if (await DnsCheck.FindWrongAsync(bed, serving.AddressOf(dns), stop) is { } wrong) return $"{dns.Name}: {wrong}";
        }

        return null;
    }

    /// <summary>Waits until all Pods are reached: health checks may still hold one for dead that a scenario has cut off.</summary>
    public static async Task ReachesAllAsync(TestBed bed, RunningPath serving, Service http, CancellationToken stop)
    {
        using var sockets = new ClientSockets(bed.Client);
        HashSet<string?> pods = [];
        await Poll.UntilAsync(
            async () => (pods = await WhoAnswersAsync(sockets, serving, http, stop)).Count == TestBed.PodAddresses.Count && !pods.Contains(null),
            () => $"after {StartLimit.TotalSeconds} s only {string.Join(", ", pods.Select(pod => pod ?? "nobody").Order())} could be reached", StartLimit,
            stop);
    }

    private static async Task<HashSet<string?>> WhoAnswersAsync(ClientSockets sockets, RunningPath serving, Service http, CancellationToken stop)
    {
        var pods = new HashSet<string?>();
        for (int i = 0; i < Asked && !pods.Contains(null); i++)
            pods.Add(await HttpAnswer.GetAsync(await sockets.NextAsync(), serving.AddressOf(http), "who", AnswerLimit, stop));
        return pods;
    }

    private static async Task<string?> WrongBodyAsync(
        TestBed bed, ClientSockets sockets, RunningPath serving, Service http, string body, CancellationToken stop)
    {
        string? answer = await HttpAnswer.GetAsync(await sockets.NextAsync(), serving.AddressOf(http), body, AnswerLimit, stop);
        return answer is null
            ? $"no whole answer for /{body}"
            : answer == await File.ReadAllTextAsync(HttpBackends.FileOf(bed, body), stop) ? null : $"wrong bytes for /{body}";
    }
}
