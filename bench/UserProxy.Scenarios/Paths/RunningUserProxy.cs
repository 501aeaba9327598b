using System.Globalization;
using System.Net;
using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Load;

namespace UserProxy.Scenarios.Paths;

/// <summary>
/// A userproxy at work, with what only it has: the Kubernetes API that it follows, and what it says of itself. Made by <see cref="UserProxyPath"/>.
/// </summary>
/// <param name="bed">Where.</param>
/// <param name="child">The process.</param>
/// <param name="command">What started it.</param>
/// <param name="cluster">What it follows; null where it reads manifests.</param>
/// <param name="cleaner">The executable that takes its routes away; null where there are none.</param>
internal sealed class RunningUserProxy(TestBed bed, Child child, string[] command, ClusterProcess? cluster, string? cleaner)
    : RunningProcess(bed, child)
{
    /// <summary>What a process says once it serves in another's place (event 575).</summary>
    private const string TookOver = "took over: this process serves";

    private static readonly TimeSpan TakeOverLimit = TimeSpan.FromSeconds(20);

    private readonly TestBed _bed = bed;

    /// <summary>Those that have handed over, and may still have connections.</summary>
    private readonly List<Child> _former = [];

    public required IPEndPoint Health { get; init; }

    public required IPEndPoint Metrics { get; init; }

    public required string AdminSocket { get; init; }

    public ClusterProcess Cluster => cluster ?? throw new NotSupportedException();

    /// <summary>The number after # is not sent: it makes curl ask again.</summary>
    public override IReadOnlyList<IReadOnlyList<string>> Watchers(int timesPerSecond)
    {
        string[] curl = [
            "curl", "--silent", "--output", "/dev/null", "--write-out", "%{stderr}%{http_code}\\n", "--rate",
            string.Create(CultureInfo.InvariantCulture, $"{timesPerSecond}/s")];
        return [[.. curl, $"http://{Metrics}/metrics#[1-9999]"], [.. curl, "--unix-socket", AdminSocket, "http://localhost/v1/connections#[1-9999]"]];
    }

    public override IReadOnlyList<string> Tracer(int seconds) =>
    [
        "curl", "--silent", "--output", "/dev/null", "--write-out", "%{stderr}%{http_code} %{size_download}\\n", "--max-time",
        string.Create(CultureInfo.InvariantCulture, $"{seconds}"), "--unix-socket", AdminSocket, "http://localhost/v1/trace",
    ];

    public override Task ChangeAsync(Service changed, CancellationToken stop) => Cluster.ApplyAsync(KubernetesObjects.SliceOf(changed));

    /// <summary>Started once more, with the same admin socket, it takes over.</summary>
    public override Task HandOverAsync(CancellationToken stop) => ReplaceAsync(_bed.Start(_bed.Node, command), stop);

    /// <summary>The same, but returns as soon as the new process serves: connections of the old one go on meanwhile.</summary>
    public async Task TakeOverAsync(CancellationToken stop)
    {
        var next = _bed.Start(_bed.Node, command);
        _former.Add(Succeed(next));
        await Poll.UntilAsync(
            () => next.HasExited
                ? throw new BedException($"the new process ended: {next.Log.Trim()}")
                : Task.FromResult(next.Log.Contains(TookOver, StringComparison.Ordinal)),
            () => $"the new process does not take over: {next.Log.Trim()}", TakeOverLimit, stop);
    }

    /// <summary>Until <c>/readyz</c> says so.</summary>
    public async Task ReadyAsync(TimeSpan within, CancellationToken stop)
    {
        using var sockets = new ClientSockets(_bed.Node);
        await Poll.UntilAsync(
            async () => HasEnded
                ? throw new BedException($"userproxy ended: {Log.Trim()}")
                : await HttpAnswer.GetAsync(await sockets.NextAsync(), Health, "readyz", within, stop) is not null,
            () => string.Create(CultureInfo.InvariantCulture, $"not ready within {within.TotalSeconds} s: {Log.Trim()}"), within, stop);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        foreach (var each in _former) await _bed.EndAsync(each);
        // Routes and guard outlive a run on purpose; the next path must not meet them.
        if (cleaner is not null)
            (await _bed.RunAsync(_bed.Node, TimeSpan.FromMinutes(1), CancellationToken.None, cleaner, "cleanup")).Expect("userproxy cleanup");
        if (cluster is not null) await cluster.DisposeAsync();
    }
}
