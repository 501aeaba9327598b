using UserProxy.Scenarios.Load;

namespace UserProxy.Scenarios.Running;

/// <summary>What one scenario has found out that another, or its own next round, builds on, so that nothing is measured twice.</summary>
internal sealed class Ledger
{
    private readonly Dictionary<(string What, string Path), Queue<CpuUse>> _cpu = [];
    private readonly Dictionary<string, double> _rates = [];
    private readonly Dictionary<string, double> _fixed = [];

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

    /// <summary>One number for the whole run; 0 while it is not known.</summary>
    public double Fixed(string what) => _fixed.GetValueOrDefault(what);

    public void Fix(string what, double value) => _fixed[what] = value;

    /// <summary>To go on from here another time.</summary>
    public LedgerState Save() => new(
        new Dictionary<string, double>(_rates), new Dictionary<string, double>(_fixed),
        [.. from entry in _cpu from each in entry.Value select new CpuShare(entry.Key.What, entry.Key.Path, each)]);

    public void Restore(LedgerState state)
    {
        foreach (var (path, rate) in state.Rates) _rates[path] = rate;
        foreach (var (what, value) in state.Fixed) _fixed[what] = value;
        foreach (var share in state.Cpu) AddCpu(share.What, share.Path, share.Each);
    }
}

/// <summary>A <see cref="Ledger"/> at one moment.</summary>
internal sealed record LedgerState(IReadOnlyDictionary<string, double> Rates, IReadOnlyDictionary<string, double> Fixed, IReadOnlyList<CpuShare> Cpu);

/// <summary>Of one turn, not yet taken.</summary>
internal sealed record CpuShare(string What, string Path, CpuUse Each);
