using UserProxy.Scenarios.Load;

namespace UserProxy.Scenarios.Running;

/// <summary>What one scenario has found out that another builds on, so that nothing is measured twice.</summary>
internal sealed class Ledger
{
    private readonly Dictionary<(string What, string Path), Queue<CpuUse>> _cpu = [];
    private readonly Dictionary<string, List<double>> _rates = [];

    /// <summary>Processor time a request, or a byte, of one turn.</summary>
    public void AddCpu(string what, string path, CpuUse each)
    {
        if (!_cpu.TryGetValue((what, path), out var known)) _cpu[(what, path)] = known = new Queue<CpuUse>();
        known.Enqueue(each);
    }

    public CpuUse? TakeCpu(string what, string path) => _cpu.TryGetValue((what, path), out var known) && known.TryDequeue(out var each) ? each : null;

    /// <summary>Requests a second that a path has done at most.</summary>
    public void AddRate(string path, double rate)
    {
        if (!(rate > 0)) return; // it answered nothing: no rate for others to be asked at
        if (!_rates.TryGetValue(path, out var known)) _rates[path] = known = [];
        known.Add(rate);
    }

    public bool HasRate(string path) => _rates.ContainsKey(path);

    /// <summary>The median, so far, of the slowest path, of those that have any; null when none has.</summary>
    public double? SlowestRate(IEnumerable<string> paths) =>
        paths.Where(HasRate).Select(path => _rates[path]).Min(known => (double?)known.Order().ElementAt(known.Count / 2));
}
