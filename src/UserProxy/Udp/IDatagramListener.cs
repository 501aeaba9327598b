namespace UserProxy.Udp;

/// <summary>One bound address of an <see cref="IDatagramTransport"/>, over all its loops. Used by the Proxier's loop.</summary>
public interface IDatagramListener : IAsyncDisposable
{
    /// <summary>
    /// Datagrams that the kernel has discarded because the receive buffer was full (SK_MEMINFO_DROPS); null when it does not say. From any thread.
    /// </summary>
    long? KernelDrops { get; }

    /// <summary>The sessions that there are now, copied by their loops. From any thread; empty when it is being closed.</summary>
    Task<IReadOnlyList<SessionStatus>> CopySessionsAsync();

    /// <summary>Has each loop look through its sessions, soon: the Service's endpoints or clients have changed.</summary>
    void Revalidate();
}
