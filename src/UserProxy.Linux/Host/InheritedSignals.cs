using UserProxy.Linux.Kernel;

namespace UserProxy.Linux.Host;

/// <summary>What a parent has left to this process of signal dispositions (signal(7)). Used by the executable before it listens to signals.</summary>
public static class InheritedSignals
{
    /// <summary>
    /// SIGTERM ends this process although its parent ignores it. .NET respects an ignored signal and calls no handler: such a node agent could only be killed.
    /// SIGINT stays ignored: that is how a shell keeps Ctrl-C from its background jobs.
    /// </summary>
    public static void RestoreTermination() => Libc.RestoreDefault(Libc.SIGTERM);
}
