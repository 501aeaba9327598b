using System.Net;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.Backends;

/// <summary>
/// An address that answers nothing: a listener whose accept queue is full and never emptied, so that Linux drops every SYN (listen(2), and
/// tcp_abort_on_overflow=0). Needs no privilege.
/// </summary>
internal sealed class Blackhole : Backend
{
    private readonly Socket _filler;

    private Blackhole(Socket listener, Socket filler)
        : base(listener, serve: null) => _filler = filler;

    public static async Task<Blackhole> StartAsync()
    {
        var listener = Listen(IPAddress.Loopback, backlog: 0);
        var endPoint = (IPEndPoint)listener.LocalEndPoint!;
        var filler = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await filler.ConnectAsync(endPoint);
        // It takes one more than its backlog (sk_acceptq_is_full of include/net/sock.h).
        await Eventually.IsTrue(() => KernelTable.AcceptQueue(endPoint.Port) == 1, "the accept queue is full");
        return new Blackhole(listener, filler);
    }

    /// <summary>From now on it answers: whoever is in the queue or repeats its SYN is served by <paramref name="serve"/>.</summary>
    public Backend WakeUp(Func<Peer, Task> serve) => RunOn(Listener, serve);

    protected override void OnDisposed() => _filler.Dispose();
}
