using System.Diagnostics;

namespace UserProxy.FunctionalTests.Support;

/// <summary>Waits for a condition by polling it: the only way in which these tests wait for a state.</summary>
internal static class Eventually
{
    /// <summary>A bound against hangs alone: a busy machine must not reach it.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(5), Longest = TimeSpan.FromMilliseconds(50);

    public static Task<TimeSpan> IsTrue(Func<bool> condition, string what, TimeSpan? within = null) => IsTrue(() => Task.FromResult(condition()), what, within);

    public static async Task<TimeSpan> IsTrue(Func<Task<bool>> condition, string what, TimeSpan? within = null)
    {
        var limit = within ?? Patience;
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            if (watch.Elapsed > limit) throw new TimeoutException($"not within {limit.TotalSeconds:0.#} s: {what}");
            await Task.Delay(Pause(watch.Elapsed));
        }

        return watch.Elapsed;
    }

    /// <summary>A tenth of what has been waited: a look may be a scrape or a process, and takes the processor from what is waited for.</summary>
    private static TimeSpan Pause(TimeSpan waited) => TimeSpan.FromTicks(Math.Clamp(waited.Ticks / 10, Shortest.Ticks, Longest.Ticks));
}
