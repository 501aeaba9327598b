namespace UserProxy.Syncing;

/// <summary>
/// What a person can do where an address cannot be bound and nobody else has it, by the reason of the system. Said by the log, by <c>explain</c> and by
/// <c>inspect</c> alike. Who has a port that is taken is known by <see cref="KnownHolders"/>.
/// </summary>
public static class BindCure
{
    /// <summary>Where they begin, as Linux has it (ip(7), ip_unprivileged_port_start).</summary>
    private const int UnprivilegedPorts = 1024;

    /// <summary>A sentence without its full stop; null for other reasons.</summary>
    /// <param name="reason">Why it cannot be bound.</param>
    /// <param name="port">That was asked for.</param>
    public static string? Of(string? reason, int port) => reason switch
    {
        _ when Says(reason, "Permission denied") => port < UnprivilegedPorts
            ? "Give userproxy CAP_NET_BIND_SERVICE, or lower net.ipv4.ip_unprivileged_port_start"
            : "A security module or a cgroup forbids it: the kernel's log (journalctl -k) and that of audit say which",
        _ when Says(reason, "Cannot assign requested address") => "No interface of this node has the address: ip address",
        _ when Says(reason, "Too many open files") => "Raise the limit of descriptors (LimitNOFILE, ulimit -n)",
        _ => null,
    };

    private static bool Says(string? reason, string words) => reason?.Contains(words, StringComparison.Ordinal) is true;
}
