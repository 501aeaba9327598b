using UserProxy.App.CommandLine;

namespace UserProxy.App.Demo;

/// <summary>The demo's table for a pipe or a file: one line when something changed, at most one a second.</summary>
internal sealed class PlainView(DemoScene scene, Surroundings surroundings)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public async Task RunAsync(CancellationToken end)
    {
        string last = "";
        while (!end.IsCancellationRequested)
        {
            string now = Line();
            if (now != last) await surroundings.Out.WriteLineAsync(last = now);
            await Task.Delay(Pause, surroundings.Time, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private string Line() =>
        $"{(scene.Place is { } at ? $"{PrintedLine.Of(at)}: " : "")}accepted {scene.Accepted}, retried {scene.Retries}, refused {scene.Refused}; "
            + $"{scene.Datagrams} datagrams in {scene.Sessions} sessions; "
            + string.Join("; ", scene.Rows().Select(row =>
            $"{row.Name} {(row.IsUp ? "up" : "down")}, {row.State}: {row.Active} active, {row.Total} total, {row.FailedConnects} failed "
                + $"connects, {row.Bytes} bytes"));
}
