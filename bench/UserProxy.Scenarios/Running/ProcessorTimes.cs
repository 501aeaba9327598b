using System.Globalization;

namespace UserProxy.Scenarios.Running;

/// <summary>What the machine's processors have done since it started, or between two looks, in ticks of all of them together.</summary>
/// <param name="All">With idling.</param>
/// <param name="Idle">Also while waiting for a disk.</param>
/// <param name="Steal">What the host gave to others.</param>
internal readonly record struct ProcessorTimes(double All, double Idle, double Steal)
{
    public double BusyPercent => Percent(All - Idle - Steal);

    public double StealPercent => Percent(Steal);

    public static ProcessorTimes Read() => Parse(File.ReadLines("/proc/stat").First());

    /// <summary>The line "cpu": user nice system idle iowait irq softirq steal guest guest_nice, the last two of them within the first.</summary>
    public static ProcessorTimes Parse(string line)
    {
        double[] ticks = [
            .. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(8).Select(field => double.Parse(field, CultureInfo.InvariantCulture))];
        return new ProcessorTimes(ticks.Sum(), ticks[3] + ticks[4], ticks.Length > 7 ? ticks[7] : 0);
    }

    public static ProcessorTimes operator -(ProcessorTimes after, ProcessorTimes before) =>
        new(after.All - before.All, after.Idle - before.Idle, after.Steal - before.Steal);

    private double Percent(double part) => All > 0 ? Math.Max(0, 100 * part / All) : 0;
}
