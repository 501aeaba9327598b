using System.Net;
using UserProxy.Model;

namespace UserProxy.App.Demo;

/// <summary>
/// Keeps the backends of <c>demo --manifests</c> in step with files that somebody edits: one starts where an endpoint is new, and stops where it is gone.
/// Started by <see cref="DemoRun"/>, which owns the backends afterwards.
/// </summary>
/// <param name="proxier">Has the newest table.</param>
/// <param name="scene">Told of the backends.</param>
/// <param name="backends">Those that run.</param>
/// <param name="ofOthers">Where none can be: somebody serves there, or did when it was declared. Each is said once.</param>
/// <param name="surroundings">Told.</param>
internal sealed class ManifestFollower(
    Proxier proxier, DemoScene scene, List<DemoBackend> backends, HashSet<IPEndPoint> ofOthers, Surroundings surroundings)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    public async Task RunAsync(CancellationToken end)
    {
        // What was started for is looked at once more: the file may have changed since.
        ServiceTable? known = null;
        while (!end.IsCancellationRequested)
        {
            var table = proxier.Table;
            if (!ReferenceEquals(table, known)) await FollowAsync(known = table);
            await Task.Delay(Pause, surroundings.Time, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task FollowAsync(ServiceTable table)
    {
        var wanted = ManifestBackends.WantedBy(table);
        ofOthers.IntersectWith(wanted);
        foreach (var gone in backends.Where(backend => !wanted.Contains(backend.Address)).ToList())
        {
            backends.Remove(gone);
            await gone.DisposeAsync();
        }

        foreach (var at in wanted.Where(at => !ofOthers.Contains(at) && backends.TrueForAll(backend => !backend.Address.Equals(at))))
        {
            if (!await ManifestBackends.TryStartAsync(at, backends, surroundings)) ofOthers.Add(at);
        }

        scene.Show([.. backends], ManifestBackends.NodePortOf(table));
    }
}
