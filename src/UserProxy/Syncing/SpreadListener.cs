using System.Net;
using System.Net.Sockets;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Serving;
using UserProxy.Udp;

namespace UserProxy.Syncing;

/// <summary>
/// One declared wildcard address as a socket for each address of the node, of either protocol: somebody else has the port on one address, and all the others are to be served
/// (docs/decisions/0030). Made and kept by its <see cref="ListenerSlot"/> on the Proxier's loop; read from any thread.
/// </summary>
internal sealed class SpreadListener : IServiceListener
{
    /// <summary>Documentation addresses (RFC 5737, RFC 3849), which nobody has: a socket that keeps us from binding there keeps every address.</summary>
    private static readonly IPAddress Nobodys4 = IPAddress.Parse("192.0.2.1"), Nobodys6 = IPAddress.Parse("2001:db8::1");

    private readonly ListenerFactory _listeners;
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile IServiceListener[] _parts = [];
    private long _dropsOfGone;

    private SpreadListener(ListenAddress address, ServicePortState service, Admission? admission, ListenerFactory listeners)
    {
        Address = address;
        Service = service;
        Admission = admission;
        _listeners = listeners;
    }

    public ListenAddress Address { get; }

    public ServicePortState Service { get; }

    /// <summary>Ends when it is stopped, or with the first part that dies: then all of it is to be stopped and bound again.</summary>
    public Task Completion => _completion.Task;

    public Admission? Admission { get; private set; }

    public bool IsFiltered => Array.TrueForAll(_parts, part => part.IsFiltered);

    public long Turns => Fullest?.Turns ?? 0;

    /// <summary>Never less than before: those of parts that are gone count on.</summary>
    public long? KernelDrops => Array.Exists(_parts, part => part.KernelDrops is not null) ? Volatile.Read(ref _dropsOfGone) + _parts.Sum(part => part.KernelDrops ?? 0) : null;

    public bool IsEmpty => _parts.Length == 0;

    /// <summary>The part in whose queue most clients wait, so that one that hangs is seen beside those that do not.</summary>
    private IServiceListener? Fullest => _parts.MaxBy(part => part.ReadQueue()?.Waiting ?? 0);

    /// <summary>Null when nothing can be had: then the port is as good as taken everywhere.</summary>
    public static async Task<SpreadListener?> TryStartAsync(
        ListenAddress wildcard, ServicePortState service, Admission? admission, ListenerFactory listeners, IReadOnlyList<IPAddress> addresses)
    {
        var spread = new SpreadListener(wildcard, service, admission, listeners);
        if (await spread.IsTakenEverywhereAsync()) return null;
        await spread.FollowAsync(addresses);
        return spread.IsEmpty ? null : spread;
    }

    public bool HasPartAt(IPAddress address) => Array.Exists(_parts, part => part.Address.Address.Equals(address));

    /// <summary>Binds those of the node's addresses that are missing, as far as they can be had, and lets go of those that the node no longer has.</summary>
    public async Task FollowAsync(IReadOnlyList<IPAddress> addresses)
    {
        // A link-local address means nothing without its zone, and nobody is told one for a Service.
        var wanted = addresses.Where(address => address.AddressFamily == Address.Address.AddressFamily && !address.IsIPv6LinkLocal).Distinct().ToList();
        var gone = _parts.Where(part => !wanted.Contains(part.Address.Address)).ToList();
        if (gone.Count > 0)
        {
            Volatile.Write(ref _dropsOfGone, _dropsOfGone + gone.Sum(part => part.KernelDrops ?? 0));
            _parts = [.. _parts.Except(gone)];
            await Task.WhenAll(gone.Select(part => part.StopAsync()));
        }

        foreach (var address in wanted.Where(address => !HasPartAt(address)))
        {
            try
            {
                Add(await _listeners.StartAsync(Address with { Address = address }, Service, Admission, PortSharing.Part));
            }
            catch (Exception e) when (e is SocketException or IOException)
            {
                // Held by somebody, about to come or go, or out of descriptors: tried again with the next look.
            }
        }
    }

    public AcceptQueue? ReadQueue() => Fullest?.ReadQueue();

    /// <summary>The UDP sessions of all parts.</summary>
    public async Task<IReadOnlyList<SessionStatus>> CopySessionsAsync() =>
        [.. (await Task.WhenAll(_parts.OfType<UdpServiceListener>().Select(part => part.CopySessionsAsync()))).SelectMany(sessions => sessions)];

    public void SetAdmission(Admission? admission)
    {
        Admission = admission;
        foreach (var part in _parts) part.SetAdmission(admission);
    }

    public void EndpointsChanged()
    {
        foreach (var part in _parts) part.EndpointsChanged();
    }

    public async Task StopAsync()
    {
        var parts = _parts;
        _parts = [];
        await Task.WhenAll(parts.Select(part => part.StopAsync()));
        _completion.TrySetResult();
    }

    /// <summary>By a bind to nobody's address, which costs the same whatever the node has; thousands of ports may be taken by another proxy.</summary>
    private async Task<bool> IsTakenEverywhereAsync()
    {
        var nobodys = Address.Address.AddressFamily == AddressFamily.InterNetworkV6 ? Nobodys6 : Nobodys4;
        try
        {
            // An external IP is bound freely.
            var probe = await _listeners.StartAsync(new ListenAddress(ListenerKind.ExternalIP, nobodys, Address.Port), Service, Admission.Nobody);
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

    private void Add(IServiceListener part)
    {
        _parts = [.. _parts, part];
        _ = part.Completion.ContinueWith(ended => Ended(part, ended), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private void Ended(IServiceListener part, Task ended)
    {
        if (!_parts.Contains(part)) return;
        if (ended.Exception?.InnerException is { } cause) _completion.TrySetException(cause);
        else _completion.TrySetResult();
    }
}
