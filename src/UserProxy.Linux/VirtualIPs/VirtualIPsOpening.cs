namespace UserProxy.Linux.VirtualIPs;

/// <summary>What became of <see cref="RoutedVirtualIPs.OpenAsync"/>: the open one, or why not, in words that tell the next step.</summary>
public sealed record VirtualIPsOpening
{
    private VirtualIPsOpening(RoutedVirtualIPs? opened, VirtualIPObstacle obstacle, string reason)
    {
        Opened = opened;
        Obstacle = obstacle;
        Reason = reason;
    }

    /// <summary>Owned by the caller; null with an obstacle.</summary>
    public RoutedVirtualIPs? Opened { get; }

    public VirtualIPObstacle Obstacle { get; }

    /// <summary>One line for people; empty without an obstacle.</summary>
    public string Reason { get; }

    internal static VirtualIPsOpening Done(RoutedVirtualIPs opened) => new(opened, VirtualIPObstacle.None, "");

    internal static VirtualIPsOpening Failed(VirtualIPObstacle obstacle, string reason) => new(null, obstacle, reason);
}

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
