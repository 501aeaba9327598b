using System.Runtime.InteropServices;
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

    /// <summary>
    /// Leaves what endpoints answer to another process, and says by loop what is under way; until <see cref="Resume"/>. To be called when no listener reads its
    /// clients any more.
    /// </summary>
    Task<IReadOnlyList<HandedLoop>> PauseAsync() => Task.FromResult<IReadOnlyList<HandedLoop>>([]);

    /// <summary>The opposite of <see cref="PauseAsync"/>.</summary>
    void Resume()
    {
    }

    /// <summary>
    /// Goes on with what another process had under way, as far as the listeners are there that it came to. To be called before they read their first datagram.
    /// The sockets are this transport's from now on. Of as many loops as this one has; else nothing is adopted.
    /// </summary>
    Task AdoptAsync(IReadOnlyList<HandedLoop> handed) => Task.CompletedTask;

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

    /// <summary>Its bound sockets, for a process that is to have them, too; they stay ours.</summary>
    IReadOnlyList<SafeHandle> Sockets => [];

    /// <summary>
    /// Reads no datagram of a client any more, until <see cref="Resume"/>: another process does. Answers of endpoints still go to those who have asked.
    /// </summary>
    Task PauseAsync() => Task.CompletedTask;

    void Resume()
    {
    }
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
