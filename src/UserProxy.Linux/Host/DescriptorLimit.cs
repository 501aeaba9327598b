using UserProxy.Linux.Kernel;

namespace UserProxy.Linux.Host;

/// <summary>The limit on open descriptors (RLIMIT_NOFILE, getrlimit(2)) of this process. Used by the executable at start.</summary>
public static class DescriptorLimit
{
    /// <summary>Raises the soft limit to the hard one, which needs no privilege, and returns the limit that is in force now.</summary>
    public static unsafe int RaiseToHard()
    {
        ResourceLimit limit;
        if (Libc.GetDescriptorLimit(&limit) < 0) return 1024;
        if (limit.Current < limit.Maximum)
        {
            var raised = limit with { Current = limit.Maximum };
            if (Libc.SetDescriptorLimit(&raised) >= 0) limit = raised;
        }

        return (int)Math.Min(limit.Current, int.MaxValue);
    }

    /// <summary>How many descriptors the process holds now; 0 where there is no /proc.</summary>
    public static int CountOpen() => Libc.CountDescriptors();
}
