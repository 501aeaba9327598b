using UserProxy.Serving;

namespace UserProxy.Udp;

/// <summary>
/// Moves the datagrams of UDP Services: receives and sends on its own threads, and asks their <see cref="SessionTable"/>s where to. Created by the executable,
/// used by the Proxier.
/// </summary>
public interface IDatagramTransport : IAsyncDisposable
{
    /// <summary>Sockets of one listener, each with a loop of its own.</summary>
    int SocketsPerListener { get; }

    /// <summary>What the listeners share. Called once, before the first bind.</summary>
    void Use(DatagramServices services);

    /// <summary>
    /// Receives on the listener's address from now on, after it has told the listener that it is bound. SocketException when it cannot be had, IOException when
    /// datagrams are not served here at all.
    /// </summary>
    ValueTask<IDatagramListener> BindAsync(UdpServiceListener listener, ListenOptions options);

    /// <summary>As <see cref="Tcp.ITransport.CountHungLoops"/>.</summary>
    int CountHungLoops(TimeSpan patience) => 0;
}

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

/// <summary>Stands in where there is no datagram transport: UDP ports fail with a reason, TCP ports are served.</summary>
public sealed class NoDatagrams(string reason) : IDatagramTransport
{
    public const string NotLinux = "UDP ports are served on Linux only";

    public int SocketsPerListener => 0;

    public void Use(DatagramServices services)
    {
    }

    public ValueTask<IDatagramListener> BindAsync(UdpServiceListener listener, ListenOptions options) => throw new IOException(reason);

    public ValueTask DisposeAsync() => default;
}
