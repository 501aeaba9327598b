namespace UserProxy.Linux.VirtualIPs;

/// <summary>Why virtual IPs cannot be served here.</summary>
public enum VirtualIPObstacle
{
    None,

    /// <summary>Routes may not be changed: CAP_NET_ADMIN is missing, or there is no netlink (a sandbox).</summary>
    NoRoutes,

    /// <summary>Another process serves the virtual IPs of this network namespace.</summary>
    InUse,

    /// <summary>Routes may be changed, and the guard cannot be set up; <see cref="VirtualIPOptions.AllowUnguarded"/> goes on without.</summary>
    NoGuard,

    /// <summary>It was not waited for: the process is to stop.</summary>
    Cancelled,
}
