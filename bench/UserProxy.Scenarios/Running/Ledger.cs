using UserProxy.Scenarios.Load;

namespace UserProxy.Scenarios.Running;

/// <summary>What one scenario has found out that another builds on, so that nothing is measured twice.</summary>
internal sealed class Ledger
{
    private readonly Dictionary<(string What, string Path), Queue<CpuUse>> _cpu = [];
    private readonly Dictionary<string, double> _rates = [];

    /// <summary>Processor time a request, or a byte, of one turn.</summary>
    public void AddCpu(string what, string path, CpuUse each)
    {
        if (!_cpu.TryGetValue((what, path), out var known)) _cpu[(what, path)] = known = new Queue<CpuUse>();
        known.Enqueue(each);
    }

    public CpuUse? TakeCpu(string what, string path) => _cpu.TryGetValue((what, path), out var known) && known.TryDequeue(out var each) ? each : null;

    /// <summary>Requests a second that a path did at most when it was asked last.</summary>
    public void AddRate(string path, double rate)
    {
        if (rate > 0) _rates[path] = rate; // at 0 it answered nothing: no rate for others to be asked at
    }

    public bool HasRate(string path) => _rates.ContainsKey(path);

    /// <summary>Of those paths that have any; null when none has.</summary>
    public double? SlowestRate(IEnumerable<string> paths) => paths.Where(HasRate).Min(path => (double?)_rates[path]);
}
