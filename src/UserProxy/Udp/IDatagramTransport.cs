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
