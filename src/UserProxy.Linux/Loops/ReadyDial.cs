using System.Net;
using UserProxy.Linux.Kernel;
using UserProxy.Linux.Transparent;
using UserProxy.Policy;
using UserProxy.Tcp;

namespace UserProxy.Linux.Loops;

/// <summary>A dial by connect(2), of which an event tells that it is through.</summary>
internal sealed class ReadyDial : LoopDial
{
    private readonly LoopConnection _backend;

    private ReadyDial(LoopConnection client, LoopConnection backend, DialOptions options)
        : base(client, options) => _backend = backend;

    /// <summary>Must be called on the client's loop.</summary>
    public static unsafe ValueTask<DialResult> StartAsync(LoopConnection client, IPEndPoint endpoint, DialOptions options)
    {
        if (client.Faulted) return new(ConnectOutcome.ClientLeft);
        int descriptor = Libc.Socket(SockAddr.Family(endpoint));
        if (descriptor < 0) return new(SocketErrors.ToLocalFault(Errno.ToSocketError(-descriptor)));
        if (options.Source is { } source && TransparentBind.Bind(descriptor, source) is < 0 and var refusal)
        {
            Libc.Close(descriptor);
            return new(SocketErrors.ToLocalFault(Errno.ToSocketError(-refusal)));
        }

        SocketSetup.SetDialOptions(client.Loop, descriptor, SockAddr.Family(endpoint), options.Hops);
        byte* address = stackalloc byte[SockAddr.MaxLength];
        int length = SockAddr.Write(endpoint, new Span<byte>(address, SockAddr.MaxLength));
        int result = Libc.Connect(descriptor, address, length);
        bool pending = result is -Errno.EINPROGRESS or -Errno.EINTR;
        int error = result < 0 && !pending ? -result : 0;
        if (OutcomeOf(error) is not ConnectOutcome.Connected and var outcome)
        {
            Libc.Close(descriptor);
            return new(outcome);
        }

        var backend = new LoopConnection(descriptor, client.Loop, local: null, endpoint, isClient: false);
        if (!client.TryAttach() || !backend.TryAttach())
        {
            backend.Close(reset: true);
            return new(ConnectOutcome.LocalFault);
        }

        if (!pending) return new(Connected(backend, error));
        var dial = new ReadyDial(client, backend, options);
        backend.Owner = dial;
        return dial.WaitAsync();
    }

    protected override void OnBackendReady()
    {
        int error = _backend.Faulted ? Libc.TakeError(_backend.Descriptor) : 0;
        End(OutcomeOf(error) is not ConnectOutcome.Connected and var outcome ? outcome : Connected(_backend, error));
    }

    protected override void Leave(bool isConnected)
    {
        _backend.Owner = null;
        if (!isConnected) _backend.Close(reset: true);
    }
}
