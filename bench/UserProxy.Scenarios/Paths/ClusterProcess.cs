using System.Globalization;
using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;

namespace UserProxy.Scenarios.Paths;

/// <summary>A Kubernetes API on the node's loopback (this program once more, see <see cref="ClusterCommand"/>), told of changes through its input.</summary>
internal sealed class ClusterProcess : IAsyncDisposable
{
    private static int Made;

    private readonly TestBed _bed;
    private readonly Child _child;

    private ClusterProcess(TestBed bed, Child child, string kubeconfig) => (_bed, _child, Kubeconfig) = (bed, child, kubeconfig);

    public string Kubeconfig { get; }

    public static async Task<ClusterProcess> StartAsync(TestBed bed, ServiceSet set, CancellationToken stop)
    {
        string name = Path.Combine(bed.Folder, string.Create(CultureInfo.InvariantCulture, $"cluster-{++Made}"));
        string objects = name + ".objects", kubeconfig = name + ".kubeconfig";
        await File.WriteAllLinesAsync(objects, set.Services.SelectMany(KubernetesObjects.Of).Prepend(KubernetesObjects.Node).Concat(set.Others), stop);
        var child = bed.Start(
            bed.Node, withInput: true, "env", "DOTNET_TieredCompilation=1", Path.Combine(AppContext.BaseDirectory, "UserProxy.Scenarios"), ClusterCommand.Name,
            objects, kubeconfig);
        await Poll.UntilAsync(
            () => child.HasExited ? throw new BedException($"the Kubernetes API ended: {child.Log}") : Task.FromResult(File.Exists(kubeconfig)),
            () => $"the Kubernetes API does not start: {child.Log}", TimeSpan.FromSeconds(60), stop);
        return new ClusterProcess(bed, child, kubeconfig);
    }

    public async Task ApplyAsync(string line)
    {
        await _child.Input.WriteLineAsync(line);
        await _child.Input.FlushAsync();
    }

    /// <summary>Changes of slices at an even rate, made by that process itself; how many a second there were. Called once.</summary>
    public async Task<double> SendEventsAsync(SliceEvents events, CancellationToken stop)
    {
        await ApplyAsync(events.ToString());
        double sent = 0;
        await Poll.UntilAsync(
            () => _child.HasExited
                ? throw new BedException($"the Kubernetes API ended: {_child.Log}")
                : Task.FromResult(SliceEvents.TryReadSent(_child.Log, out sent)),
            () => $"the Kubernetes API is still sending: {_child.Log}", TimeSpan.FromSeconds(2 * events.Seconds) + TimeSpan.FromSeconds(10), stop);
        return sent;
    }

    /// <summary>The end of its input is the end of it.</summary>
    public async ValueTask DisposeAsync()
    {
        _child.Input.Close();
        await _bed.EndAsync(_child);
    }
}
