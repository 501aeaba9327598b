namespace UserProxy.Model;

/// <summary>The one place that knows the short scheduler names used in annotations, options and output.</summary>
public static class SchedulerNames
{
    private static readonly string[] Names = ["rr", "wrr", "lc", "wlc", "sh", "mh", "sed", "nq", "p2c", "random"];

    /// <summary>All accepted names in the order of <see cref="SchedulerKind"/>, without the alias <c>dh</c>.</summary>
    public static IReadOnlyList<string> All => Names;

    public static string ShortName(this SchedulerKind kind) => Names[(int)kind];

    /// <summary>
    /// Understands a short name, in any case. <paramref name="note"/> is set when the name is accepted under another meaning: <c>dh</c>
    /// (destination hash) makes no sense for a proxy with one destination per listener and is served as <c>sh</c>.
    /// </summary>
    public static bool TryParse(string text, out SchedulerKind kind, out string? note)
    {
        note = null;
        string name = text.Trim();
        if (name.Equals("dh", StringComparison.OrdinalIgnoreCase))
        {
            kind = SchedulerKind.SourceHash;
            note = "scheduler dh is served as sh: a Service port has one destination, so hashing it would always pick the same endpoint";
            return true;
        }

        int index = Array.FindIndex(Names, n => n.Equals(name, StringComparison.OrdinalIgnoreCase));
        kind = index < 0 ? SchedulerKind.RoundRobin : (SchedulerKind)index;
        return index >= 0;
    }
}
