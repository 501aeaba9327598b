using System.Diagnostics;

namespace UserProxy.FunctionalTests.Support;

/// <summary>Waits for a condition by polling it, with a deadline: the only way in which these tests wait for a state.</summary>
internal static class Eventually
{
    public static Task<TimeSpan> IsTrue(Func<bool> condition, string what, TimeSpan? within = null) => IsTrue(() => Task.FromResult(condition()), what, within);

    public static async Task<TimeSpan> IsTrue(Func<Task<bool>> condition, string what, TimeSpan? within = null)
    {
        var limit = within ?? TimeSpan.FromSeconds(15);
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            if (watch.Elapsed > limit) throw new TimeoutException($"not within {limit.TotalSeconds:0.#} s: {what}");
            await Task.Delay(5);
        }

        return watch.Elapsed;
    }
}
