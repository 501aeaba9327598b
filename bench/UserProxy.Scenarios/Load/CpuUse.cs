namespace UserProxy.Scenarios.Load;

/// <summary>Processor time of a load, in seconds.</summary>
/// <param name="Processes">Of the path's own processes on the node, system calls included.</param>
/// <param name="SoftIrq">Of the whole machine: packets that move outside of any process. Which path they belong to is not told.</param>
/// <param name="Machine">Of everything on the machine.</param>
internal readonly record struct CpuUse(double Processes, double SoftIrq, double Machine)
{
    public static CpuUse operator -(CpuUse after, CpuUse before) =>
        new(after.Processes - before.Processes, after.SoftIrq - before.SoftIrq, after.Machine - before.Machine);

    public static CpuUse operator /(CpuUse use, double units) => new(use.Processes / units, use.SoftIrq / units, use.Machine / units);
}
