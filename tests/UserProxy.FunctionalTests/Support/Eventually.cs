using System.Diagnostics;

namespace UserProxy.FunctionalTests.Support;

/// <summary>Waits for a condition by polling it: the only way in which these tests wait for a state.</summary>
internal static class Eventually
{
    /// <summary>A bound against hangs alone: a busy machine must not reach it.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    public static Task<TimeSpan> IsTrue(Func<bool> condition, string what, TimeSpan? within = null) => IsTrue(() => Task.FromResult(condition()), what, within);

    public static async Task<TimeSpan> IsTrue(Func<Task<bool>> condition, string what, TimeSpan? within = null)
    {
        var limit = within ?? Patience;
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            if (watch.Elapsed > limit) throw new TimeoutException($"not within {limit.TotalSeconds:0.#} s: {what}");
            await Task.Delay(5);
        }

        return watch.Elapsed;
    }
}
