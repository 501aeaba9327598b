namespace UserProxy.Linux.PortInspection;

/// <summary>A process that has a socket open.</summary>
/// <param name="Pid">As seen from here.</param>
/// <param name="Name">Its command name (/proc/PID/comm), which the process chooses itself: text from outside.</param>
/// <param name="Uid">Its effective user.</param>
/// <param name="Descriptors">How many it has open.</param>
/// <param name="DescriptorLimit">How many it may have open; null when unlimited or not told.</param>
public sealed record SocketOwner(int Pid, string Name, uint Uid, int Descriptors, long? DescriptorLimit)
{
    /// <summary>It does not run: stopped by a signal or a debugger, or frozen with its control group. Its sockets stay, and nobody accepts from them.</summary>
    public bool IsStopped { get; init; }
}
