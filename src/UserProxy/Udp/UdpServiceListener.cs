using System.Net;
using System.Runtime.InteropServices;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Serving;

namespace UserProxy.Udp;

/// <summary>
/// One bound address and port of a UDP service port: bound exactly as long as there is an endpoint, so that the kernel answers "port unreachable" when there is
/// none. Created and stopped by the Proxier; read by the loops for every datagram.
/// </summary>
public sealed class UdpServiceListener : IServiceListener
{
    private readonly DatagramServices _services;
    private readonly int _sockets;
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IDatagramListener? _socket;
    private volatile Admission? _admission;
    private bool _isBound;

    private UdpServiceListener(ListenAddress address, UdpPortState service, Admission? admission, DatagramServices services, int sockets)
    {
        Address = address;
        Service = service;
        _admission = admission;
        _services = services;
        _sockets = sockets;
    }

    /// <summary>The wildcard addresses stand for every address of the node.</summary>
    public ListenAddress Address { get; }

    public bool IsWildcard => Address.IsWildcard;

    /// <summary>Datagrams that the kernel has discarded because they came faster than they were read; null when it does not say.</summary>
    public long? KernelDrops => _socket?.KernelDrops;

    /// <summary>To be called by the transport when it has the address, before it receives: not even the first datagram may loop.</summary>
    public void Bound()
    {
        _isBound = true;
        _services.Guard.Listeners.Add(Address.EndPoint);
    }

    /// <summary>The client of a session as the policies of its Service see it.</summary>
    internal Caller CallerOf(IPAddress client, in SessionKey key) => new(Address.Kind, client, key.Local.ToIPAddress());

    /// <summary>From any thread.</summary>
    public Task<IReadOnlyList<SessionStatus>> CopySessionsAsync() => _socket!.CopySessionsAsync();

    ServicePortState IServiceListener.Service => Service;

    Task IPortPart.Completion => _completion.Task;

    IPAddress IPortPart.At => Address.Address;

    int IPortPart.Sockets => _sockets;

    Admission? IServiceListener.Admission => _admission;

    /// <summary>There is nothing to refuse with: who is not admitted gets no answer.</summary>
    bool IServiceListener.IsFiltered => true;

    internal UdpPortState Service { get; }

    internal Admission? Admission => _admission;

    /// <summary>
    /// Binds and serves; SocketException when the address cannot be had, IOException when no descriptor may be spent on it or there is no UDP here.
    /// </summary>
    internal static async ValueTask<UdpServiceListener> StartAsync(
        ListenAddress address, UdpPortState service, Admission? admission, PortSharing sharing, IDatagramTransport transport, DatagramServices services,
        IReadOnlyList<SafeHandle>? inherited = null)
    {
        int sockets = Math.Max(transport.SocketsPerListener, inherited?.Count ?? 0);
        services.Descriptors.TakeListener(sockets);
        var listener = new UdpServiceListener(address, service, admission, services, sockets);
        try
        {
            var options = new ListenOptions
            {
                FreeBind = address.Kind != ListenerKind.NodePort,
                Sharing = sharing,
                Inherited = inherited ?? [],
                Shared = services.Shared,
            };
            listener._socket = await transport.BindAsync(listener, options);
        }
        catch
        {
            listener.Release();
            throw;
        }

        return listener;
    }

    void IServiceListener.SetAdmission(Admission? admission)
    {
        _admission = admission;
        _socket!.Revalidate();
    }

    void IServiceListener.EndpointsChanged() => _socket!.Revalidate();

    IEnumerable<HandedSocket> IServiceListener.ReadSockets() =>
        _socket!.Sockets.Select(socket => new HandedSocket(TransportProtocol.Udp, Address.EndPoint, socket));

    Task IServiceListener.PauseAsync() => _socket!.PauseAsync();

    void IServiceListener.Resume() => _socket!.Resume();

    /// <summary>Passes on what has been received, ends the sessions and frees the port.</summary>
    async Task IServiceListener.StopAsync()
    {
        await _socket!.DisposeAsync();
        Release();
        _completion.TrySetResult();
    }

    private void Release()
    {
        // An address that could not be had may be another listener's of our own, whose datagrams must not loop either.
        if (_isBound) _services.Guard.Listeners.Remove(Address.EndPoint);
        _services.Descriptors.ReturnListener(_sockets);
    }
}
