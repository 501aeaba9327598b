using System.Net;
using System.Net.Sockets;
using UserProxy.Model;
using UserProxy.Serving;

namespace UserProxy.Syncing;

/// <summary>
/// A wildcard address whose port somebody else has on one address of the node: a socket for each of the others, and how they become one again without
/// losing a client (docs/decisions/0030, 0055). This is the mechanism, whatever listens: <see cref="SpreadListener"/> uses it for Services, and so do the
/// HTTP servers of the executable. Changed by one task at a time, read from any thread.
/// </summary>
/// <param name="protocol">TCP or UDP.</param>
/// <param name="wildcard">What is spread.</param>
/// <param name="listen">Listens at one address; SocketException or IOException when it cannot be had.</param>
/// <param name="close">Closes what listens there.</param>
public sealed class SpreadPort<T>(TransportProtocol protocol, IPEndPoint wildcard, Func<IPEndPoint, PortSharing, ValueTask<T>> listen, Func<T, Task> close)
    where T : class, IPortPart
{
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile T[] _parts = [];
    private volatile T? _whole;

    /// <summary>Ends when all is closed, or with the first that dies: then all is to be closed.</summary>
    public Task Completion => _completion.Task;

    /// <summary>The one socket that has the port again; there may still be clients with the parts.</summary>
    public T? Whole => _whole;

    /// <summary>All parts have been closed, or none could be had.</summary>
    public bool HasNoParts => _parts.Length == 0;

    /// <summary>What listens now, the whole as well.</summary>
    public IReadOnlyList<T> Listening => _whole is { } whole ? [.. _parts, whole] : _parts;

    /// <summary>
    /// Binds the node's addresses that are not bound yet, as far as they are free. Closes the parts on addresses that are no longer served.
    /// </summary>
    public async Task FollowAsync(IEnumerable<IPAddress> addresses)
    {
        // A link-local address means nothing without its zone, and nobody is told one for a port.
        var wanted = addresses.Where(address => address.AddressFamily == wildcard.AddressFamily && !address.IsIPv6LinkLocal).Distinct().ToList();
        await CloseAsync([.. _parts.Where(part => !wanted.Contains(part.At))]);
        foreach (var address in wanted.Where(address => PartAt(address) is null))
        {
            try
            {
                var part = await listen(new IPEndPoint(address, wildcard.Port), PortSharing.Part);
                _parts = [.. _parts, part];
                Watch(part);
            }
            catch (Exception e) when (e is SocketException or IOException)
            {
                // Held by somebody, about to come or go, or out of descriptors: tried again with the next look.
            }
        }
    }

    /// <summary>
    /// The sockets besides the parts that keep us from the wildcard: of others, or if there are none, of our own. A program of the same user may have joined a
    /// part with SO_REUSEPORT (socket(7)): it counts, too.
    /// </summary>
    public IEnumerable<BoundSocket> OthersOf(IEnumerable<BoundSocket> sockets) => BoundSocket.HoldersOf(
        from socket in sockets
        where socket.Blocks(protocol, wildcard)
        group socket by socket.Local.Address into at
        from other in PartAt(at.Key) is { } part ? JoinedTo(part, at) : at
        select other,
        protocol,
        wildcard);

    /// <summary>
    /// One socket instead of the parts, bound beside them: no client is refused in between. The kernel prefers theirs, so they step aside, and go when nobody
    /// waits there any more (<see cref="CloseIdlePartsAsync"/>). False when somebody has the port.
    /// </summary>
    public async Task<bool> TryBecomeWholeAsync(IEnumerable<BoundSocket> sockets)
    {
        // Whether a connection, or what the kernel keeps of one, is in the way depends on how it was made (SO_REUSEADDR): the bind tells.
        if (OthersOf(sockets).Any(other => protocol == TransportProtocol.Udp || other.ConnectedTo is null)) return false;
        try
        {
            Watch(_whole = await listen(wildcard, PortSharing.OverParts));
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return false;
        }

        foreach (var part in _parts) part.StepAside();
        return true;
    }

    /// <summary>To be called from time to time once it is whole. Not at once: handshakes that had begun end at the parts.</summary>
    public Task CloseIdlePartsAsync() => CloseAsync([.. _parts.Where(part => !part.HoldsClients)]);

    public async Task CloseAllAsync()
    {
        var whole = _whole;
        _whole = null;
        await Task.WhenAll(whole is null ? Task.CompletedTask : close(whole), CloseAsync(_parts));
        _completion.TrySetResult();
    }

    private void Watch(T listening) =>
        _ = listening.Completion.ContinueWith(ended => Ended(listening, ended), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);

    private void Ended(T listening, Task ended)
    {
        // Closed by us.
        if (!Listening.Contains(listening)) return;
        if (ended.Exception?.InnerException is { } cause) _completion.TrySetException(cause);
        else _completion.TrySetResult();
    }

    private T? PartAt(IPAddress address) => Array.Find(_parts, part => part.At.Equals(address));

    private async Task CloseAsync(T[] parts)
    {
        if (parts.Length == 0) return;
        _parts = [.. _parts.Except(parts)];
        await Task.WhenAll(parts.Select(close));
    }

    /// <summary>Where we have the address, connections do not keep us from it. Ours came first where the system did not say whose they are.</summary>
    private static IEnumerable<BoundSocket> JoinedTo(T part, IEnumerable<BoundSocket> there) => there
        .Where(socket => socket.Protocol == TransportProtocol.Udp || socket.ConnectedTo is null)
        .OrderByDescending(socket => socket.IsOurs)
        .ThenBy(socket => socket.Inode)
        .Skip(part.Sockets);
}
