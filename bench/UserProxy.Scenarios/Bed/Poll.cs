using System.Diagnostics;

namespace UserProxy.Scenarios.Bed;

/// <summary>Waits for a state by asking, with a deadline.</summary>
internal static class Poll
{
    public static async Task UntilAsync(Func<Task<bool>> condition, Func<string> failure, TimeSpan within, CancellationToken stop)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            if (watch.Elapsed > within) throw new BedException(failure());
            await Task.Delay(10, stop);
        }
    }
}
