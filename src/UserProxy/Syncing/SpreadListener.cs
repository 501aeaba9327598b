using System.Net;
using System.Net.Sockets;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Serving;
using UserProxy.Udp;

namespace UserProxy.Syncing;

/// <summary>
/// A <see cref="SpreadPort{T}"/> of a Service, of either protocol, as one listener: somebody else has the port on one address, and all the others are to be
/// served (docs/decisions/0030). Made and kept by its <see cref="ListenerSlot"/> on the Proxier's loop, until it is whole and its parts are gone; read from any
/// thread.
/// </summary>
internal sealed class SpreadListener : IServiceListener
{
    private readonly ListenerFactory _listeners;
    private readonly SpreadPort<IServiceListener> _port;
    private long _dropsOfGone;

    private SpreadListener(ListenAddress address, ServicePortState service, Admission? admission, ListenerFactory listeners)
    {
        Address = address;
        Service = service;
        Admission = admission;
        _listeners = listeners;
        _port = new SpreadPort<IServiceListener>(service.Name.Protocol, address.EndPoint, ListenAsync, CloseAsync);
    }

    public ListenAddress Address { get; }

    public ServicePortState Service { get; }

    /// <summary>Ends when it is stopped, or with the first part that dies: then all of it is to be stopped and bound again.</summary>
    public Task Completion => _port.Completion;

    public Admission? Admission { get; private set; }

    public bool IsFiltered => Listening.All(each => each.IsFiltered);

    public long Turns => Fullest?.Turns ?? 0;

    /// <summary>Never less than before: closed parts are counted, too.</summary>
    public long? KernelDrops =>
        Listening.Any(each => each.KernelDrops is not null) ? Volatile.Read(ref _dropsOfGone) + Listening.Sum(each => each.KernelDrops ?? 0) : null;

    /// <summary>Nothing could be had.</summary>
    public bool IsEmpty => Listening.Count == 0;

    /// <summary>All addresses are served again.</summary>
    public bool IsWhole => _port.Whole is not null;

    /// <summary>The one socket that takes the place of this; null while parts are still there.</summary>
    public IServiceListener? Successor => _port.HasNoParts ? _port.Whole : null;

    private IReadOnlyList<IServiceListener> Listening => _port.Listening;

    /// <summary>The longest queue of all parts: a part that hangs is seen beside parts that do not.</summary>
    private IServiceListener? Fullest => Listening.MaxBy(each => each.ReadQueue()?.Waiting ?? 0);

    /// <summary>Null when nothing can be had: then the port is as good as taken everywhere.</summary>
    public static async Task<SpreadListener?> TryStartAsync(
        ListenAddress wildcard, ServicePortState service, Admission? admission, ListenerFactory listeners, IEnumerable<IPAddress> addresses)
    {
        var spread = new SpreadListener(wildcard, service, admission, listeners);
        if (await spread.IsTakenEverywhereAsync()) return null;
        await spread.FollowAsync(addresses);
        return spread.IsEmpty ? null : spread;
    }

    /// <summary>As <see cref="SpreadPort{T}.FollowAsync"/>.</summary>
    public Task FollowAsync(IEnumerable<IPAddress> addresses) => _port.FollowAsync(addresses);

    /// <summary>As <see cref="SpreadPort{T}.OthersOf"/>.</summary>
    public IEnumerable<BoundSocket> OthersOf(IEnumerable<BoundSocket> sockets) => _port.OthersOf(sockets);

    /// <summary>As <see cref="SpreadPort{T}.TryBecomeWholeAsync"/>.</summary>
    public Task<bool> TryBecomeWholeAsync(IEnumerable<BoundSocket> sockets) => _port.TryBecomeWholeAsync(sockets);

    /// <summary>As <see cref="SpreadPort{T}.CloseIdlePartsAsync"/>.</summary>
    public Task CloseIdlePartsAsync() => _port.CloseIdlePartsAsync();

    public AcceptQueue? ReadQueue() => Fullest?.ReadQueue();

    /// <summary>The UDP sessions of all parts.</summary>
    public async Task<IReadOnlyList<SessionStatus>> CopySessionsAsync() =>
        [.. (await Task.WhenAll(Listening.OfType<UdpServiceListener>().Select(each => each.CopySessionsAsync()))).SelectMany(sessions => sessions)];

    public void SetAdmission(Admission? admission)
    {
        Admission = admission;
        foreach (var each in Listening) each.SetAdmission(admission);
    }

    public void EndpointsChanged()
    {
        foreach (var each in Listening) each.EndpointsChanged();
    }

    /// <summary>Those of a part that steps aside are met by nobody: they are not to be had.</summary>
    public IEnumerable<HandedSocket> ReadSockets() => (_port.Whole is { } whole ? [whole] : Listening).SelectMany(each => each.ReadSockets());

    public Task PauseAsync() => Task.WhenAll(Listening.Select(each => each.PauseAsync()));

    public void Resume()
    {
        foreach (var each in Listening) each.Resume();
    }

    public Task StopAsync() => _port.CloseAllAsync();

    /// <summary>By a bind to nobody's address, which costs the same whatever the node has; thousands of ports may be taken by another proxy.</summary>
    private async Task<bool> IsTakenEverywhereAsync()
    {
        try
        {
            // An external IP is bound freely.
            var nobodys = new ListenAddress(ListenerKind.ExternalIP, NobodysAddress.Of(Address.Address.AddressFamily), Address.Port);
            var probe = await _listeners.StartAsync(nobodys, Service, Admission.Nobody);
            await probe.StopAsync();
            return false;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.AddressAlreadyInUse;
        }
        catch (IOException)
        {
            // No descriptor is left.
            return true;
        }
    }

    private ValueTask<IServiceListener> ListenAsync(IPEndPoint at, PortSharing sharing) =>
        _listeners.StartAsync(Address with { Address = at.Address }, Service, Admission, sharing);

    private Task CloseAsync(IServiceListener listener)
    {
        Volatile.Write(ref _dropsOfGone, _dropsOfGone + (listener.KernelDrops ?? 0));
        return listener.StopAsync();
    }
}
