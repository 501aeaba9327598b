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
            var rows = scene.Rows();
            // That a time runs down is no change.
            string now = Line(rows, row => row.State);
            if (now != last) await surroundings.Out.WriteLineAsync(Line(rows, row => row.TimedState));
            last = now;
            await Task.Delay(Pause, surroundings.Time, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private string Line(IReadOnlyList<DemoRow> rows, Func<DemoRow, string> stateOf) =>
        $"{(scene.Place is { } at ? $"{PrintedLine.Of(at)}: " : "")}accepted {scene.Accepted}, retried {scene.Retries}, refused {scene.Refused}; "
            + $"{scene.Datagrams} datagrams in {scene.Sessions} sessions; "
            + string.Join("; ", rows.Select(row =>
            $"{row.Name} {(row.IsUp ? "up" : "down")}, {stateOf(row)}: {row.Active} active, {row.Total} total, {row.FailedConnects} failed "
                + $"connects, {row.Bytes} bytes"));
}
