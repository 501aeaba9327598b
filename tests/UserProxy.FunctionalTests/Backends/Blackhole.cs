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
    private readonly List<Socket> _fillers;

    private Blackhole(Socket listener, List<Socket> fillers)
        : base(listener, serve: null) => _fillers = fillers;

    public static async Task<Blackhole> StartAsync()
    {
        var listener = Listen(IPAddress.Loopback, backlog: 0);
        var fillers = new List<Socket>();
        while (true)
        {
            var filler = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            fillers.Add(filler);
            using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
            try
            {
                await filler.ConnectAsync(listener.LocalEndPoint!, patience.Token);
            }
            catch (OperationCanceledException)
            {
                return new Blackhole(listener, fillers);
            }
        }
    }

    /// <summary>From now on it answers: whoever is in the queue or repeats its SYN is served by <paramref name="serve"/>.</summary>
    public Backend WakeUp(Func<Peer, Task> serve) => RunOn(Listener, serve);

    protected override void OnDisposed()
    {
        foreach (var filler in _fillers) filler.Dispose();
    }
}
