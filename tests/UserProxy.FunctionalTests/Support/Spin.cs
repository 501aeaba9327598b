using System.Globalization;

namespace UserProxy.FunctionalTests.Support;

/// <summary>
/// Measures processor use against a thread that spins for a second of processor time: whoever spins beside it gets as much, on a machine as busy as may be, and
/// what is done once, such as a late compilation, is a small part of it.
/// </summary>
internal static class Spin
{
    /// <summary>Of a spin: less is none.</summary>
    public const double Half = 0.5;

    private static readonly TimeSpan Length = TimeSpan.FromSeconds(1);

    /// <param name="processorTime">Of the program that is measured, so far. This process compiles while it runs, and tells nothing.</param>
    public static async Task<double> ShareOfAsync(Func<TimeSpan> processorTime)
    {
        var before = processorTime();
        await Task.Factory.StartNew(SpinForLength, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        double share = (processorTime() - before) / Length;
        TestContext.Current.TestOutputHelper?.WriteLine($"{share:0.000} of a spin");
        return share;
    }

    private static void SpinForLength()
    {
        var began = OwnProcessorTime();
        while (OwnProcessorTime() - began < Length) Thread.SpinWait(10_000);
    }

    /// <summary>
    /// Of the calling thread: utime and stime in ticks, of which there are 100 a second, after the name, which may have spaces (proc_pid_stat(5)).
    /// </summary>
    private static TimeSpan OwnProcessorTime()
    {
        string stat = File.ReadAllText("/proc/thread-self/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return TimeSpan.FromMilliseconds(10 * (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)));
    }
}
