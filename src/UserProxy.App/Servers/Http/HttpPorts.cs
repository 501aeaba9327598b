using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using UserProxy.Linux.SocketFilters;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Serving;
using UserProxy.Syncing;
using UserProxy.Tcp.Sockets;

namespace UserProxy.App.Servers.Http;

/// <summary>
/// Any number of ports of HTTP that come and go, each with a handler of its own: binds them, alone or on the addresses that are free, and accepts. Who is
/// accepted goes to the one <see cref="HttpHost"/>. For the small read-only servers of the node agent, which face the network.
/// </summary>
internal sealed class HttpPorts : IAsyncDisposable
{
    /// <summary>The message when somebody else has the port; <see cref="NameTakersAsync"/> tells who.</summary>
    public const string Taken = "the port is taken";

    /// <summary>For requests that run when a successor has the ports.</summary>
    private static readonly TimeSpan LastAnswers = TimeSpan.FromSeconds(1);

    /// <summary>A taken port may be free at any time, and has to be had within 2 s then.</summary>
    private static readonly TimeSpan RetryTakenAfter = TimeSpan.FromSeconds(1);

    /// <summary>What else stands in the way stays for longer.</summary>
    private static readonly TimeSpan RetryOtherAfter = TimeSpan.FromSeconds(5);

    /// <summary>After a failed accept, and after many in a row: without descriptors each costs an exception.</summary>
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(10), LongestPause = TimeSpan.FromMilliseconds(320);

    private readonly HttpHost _host;
    private readonly TimeProvider _time;
    private readonly Func<EndPoint, Socket> _bind;
    private readonly NodeNetwork? _network;
    private readonly DescriptorBudget? _descriptors;
    private readonly OwnListeners? _ownListeners;
    private readonly HandOverOfPorts _handOver;

    /// <summary>Those that listen.</summary>
    private readonly List<OpenSocket> _open = [];

    private HttpPorts(
        HttpHost host, TimeProvider time, Func<EndPoint, Socket> bind, NodeNetwork? network, DescriptorBudget? descriptors, OwnListeners? ownListeners,
        HandOverOfPorts handOver)
    {
        (_host, _time, _bind) = (host, time, bind);
        (_network, _descriptors, _ownListeners, _handOver) = (network, descriptors, ownListeners, handOver);
    }

    /// <param name="maxConnections">On all ports together, a quarter of them from the node itself; after that the oldest is closed for a new one.</param>
    /// <param name="longest">How long a connection may last, the writing of its answers included.</param>
    /// <param name="time">Measures that.</param>
    /// <param name="bind">Makes the bound socket of an address; null for IP addresses.</param>
    /// <param name="isOfNode">Tells the node's own clients; null goes by the system's addresses.</param>
    /// <param name="network">Asked when a port is taken; null leaves open by whom.</param>
    /// <param name="descriptors">Has room for each port, of which Services may declare many; null where they are few.</param>
    /// <param name="ownListeners">Told of each port, so that no endpoint leads to it; null where none can.</param>
    /// <param name="handOver">What a predecessor has left; null without one.</param>
    public static async Task<HttpPorts> StartAsync(
        int maxConnections,
        TimeSpan longest,
        TimeProvider time,
        Func<EndPoint, Socket>? bind = null,
        Predicate<ConnectionContext>? isOfNode = null,
        NodeNetwork? network = null,
        DescriptorBudget? descriptors = null,
        OwnListeners? ownListeners = null,
        HandOverOfPorts? handOver = null)
    {
        isOfNode ??= new NodeClients(InterfaceAddresses.All, time).Has;
        var host = await HttpHost.StartAsync(maxConnections, longest, isOfNode, time);
        return new HttpPorts(
            host, time, bind ?? (address => HttpSockets.Bind(address, PortSharing.Alone)), network, descriptors, ownListeners,
            handOver ?? HandOverOfPorts.None);
    }

    /// <summary>Completes when ports may be had: at once without a predecessor, which answers on them before.</summary>
    public Task MayListen => _handOver.MayListen;

    /// <summary>What listens now, for a successor.</summary>
    public IReadOnlyList<HandedPort> ReadSockets()
    {
        lock (_open) return [.. _open.Select(each => new HandedPort(each.At, each.IsOfNode, each.Socket.Handle))];
    }

    /// <summary>Takes no clients until <see cref="Resume"/>: a successor has the same sockets, and will.</summary>
    public Task PauseAsync()
    {
        // All are told at once: none after a Resume that did not wait.
        lock (_open) return Task.WhenAll([.. _open.Select(each => each.Socket.PauseAsync().AsTask())]);
    }

    public void Resume()
    {
        lock (_open)
        {
            foreach (var each in _open) each.Socket.Resume();
        }
    }

    /// <summary>Listens on one address until the result is disposed of: IOException or SocketException when it cannot be had.</summary>
    /// <param name="address">Where.</param>
    /// <param name="handler">Answers.</param>
    /// <param name="held">
    /// Told, when somebody has the port on some addresses and only the others of a wildcard are listened on, why; and null when it is whole. Without it that is
    /// a failure.
    /// </param>
    /// <param name="nodesOwn">Clients of this node have a queue of their own, for a descriptor more (docs/decisions/0062).</param>
    public async Task<HttpPort> ListenAsync(EndPoint address, RequestDelegate handler, Action<string?>? held = null, bool nodesOwn = false)
    {
        try
        {
            return Listen(_handOver.Take(address) ?? _bind(address), handler, nodesOwn);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            bool maySpread = held is not null && address is IPEndPoint at && at.Address.IsWildcard();
            return (maySpread ? await TrySpreadAsync((IPEndPoint)address, handler, held!, nodesOwn) : null) ?? throw new IOException(Taken, e);
        }
    }

    /// <summary>As <see cref="PortTakers.NameNewsAsync"/>.</summary>
    public Task<HashSet<KnownHolders>> NameTakersAsync(params IReadOnlyList<(KnownHolders Known, IReadOnlyList<IPEndPoint> Wanted)> ports) =>
        PortTakers.NameNewsAsync(_network, ports);

    /// <summary>Until the next try.</summary>
    public static TimeSpan RetryAfter(bool taken) => taken ? RetryTakenAfter : RetryOtherAfter;

    public static string TakenBy(KnownHolders holders) => holders.Names is { } names ? $"{Taken} by {names}" : Taken;

    /// <summary>Whoever asks while a successor takes over is not to see that.</summary>
    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(_handOver.Shared.IsShared ? LastAnswers : TimeSpan.Zero);
        _host.Dispose();
    }

    /// <summary>Each address of the node by itself, as far as it is free; null when none is.</summary>
    private async Task<HttpPort?> TrySpreadAsync(IPEndPoint wildcard, RequestDelegate handler, Action<string?> held, bool nodesOwn)
    {
        if (_network is null || HttpSockets.IsTakenEverywhere(wildcard)) return null;
        var spread = new SpreadHttpPort(
            wildcard,
            _network,
            (part, sharing) => Listen(
                _handOver.Take(part) ?? HttpSockets.Bind(part, sharing), handler, nodesOwn && sharing == PortSharing.OverParts),
            holders => held(holders is null ? null : TakenBy(holders)),
            _time);
        if (await spread.TryStartAsync()) return new HttpPort(spread.DisposeAsync, spread.Completion);
        await spread.DisposeAsync();
        return null;
    }

    /// <param name="socket">Bound.</param>
    /// <param name="handler">Answers.</param>
    /// <param name="nodesOwn">As for <see cref="ListenAsync"/>.</param>
    private HttpPort Listen(Socket socket, RequestDelegate handler, bool nodesOwn)
    {
        var at = socket.LocalEndPoint as IPEndPoint;
        // Nobody from elsewhere comes to a loopback address.
        nodesOwn &= OperatingSystem.IsLinux() && at is not null && !IPAddress.IsLoopback(at.Address);
        // The two of a predecessor share the port already.
        var inherited = at is null ? null : _handOver.Take(at, isOfNode: true);
        if (nodesOwn && inherited is null) HttpSockets.SetReusePort(socket, on: true);
        var listening = Start(socket, isOfNode: false);
        var own = inherited is not null ? Start(inherited, isOfNode: true) : nodesOwn ? TryListenForNode(socket, at!) : null;
        if (nodesOwn && own is null) HttpSockets.SetReusePort(socket, on: false);
        if (at is not null) _ownListeners?.Add(at);
        bool isOpen = true;
        var loop = AcceptAsync(listening, handler, own is null ? HttpClientSide.Both : HttpClientSide.Elsewhere);
        var ownLoop = own is null ? loop : AcceptAsync(own, handler, HttpClientSide.Node);
        return new HttpPort(CloseAsync, own is null ? loop : Task.WhenAny(loop, ownLoop).Unwrap())
        {
            Socket = listening,
            At = at?.Address ?? IPAddress.None,
        };

        async ValueTask CloseAsync()
        {
            await listening.UnbindAsync();
            if (own is not null) await own.UnbindAsync();
            await Task.WhenAll(loop, ownLoop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (Interlocked.Exchange(ref isOpen, false) && at is not null) _ownListeners?.Remove(at);
        }
    }

    private ListeningSocket Start(Socket bound, bool isOfNode)
    {
        try
        {
            bound.Listen(HttpSockets.Backlog);
            _descriptors?.TakeListener(1);
            var listening = new ListeningSocket(bound, _handOver.Shared);
            lock (_open) _open.Add(new OpenSocket(bound.LocalEndPoint!, isOfNode, listening));
            return listening;
        }
        catch
        {
            bound.Dispose();
            throw;
        }
    }

    /// <summary>A second socket at the same address, with a queue of its own. Null where the system does not have that: then there is one for all.</summary>
    private ListeningSocket? TryListenForNode(Socket all, IPEndPoint at)
    {
        if (!LoopbackChoice.TrySet(all.SafeHandle)) return null;
        try
        {
            return Start(HttpSockets.BindBeside(at), isOfNode: true);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return null;
        }
    }

    /// <summary>Whoever listens looks at how it ends.</summary>
    private async Task AcceptAsync(ListeningSocket listening, RequestDelegate answer, HttpClientSide from)
    {
        // Whatever ends the loop: the port must not stay in LISTEN without it.
        using var listens = listening;
        var pause = ShortestPause;
        try
        {
            while (true)
            {
                try
                {
                    if (await listening.AcceptAsync() is not { } client) return;
                    pause = ShortestPause;
                    _host.Take(client, answer, from);
                }
                catch (SocketException)
                {
                    // The client is gone, or no descriptor is left.
                    await Task.Delay(pause, _time);
                    if (pause < LongestPause) pause *= 2;
                }
            }
        }
        finally
        {
            lock (_open) _open.RemoveAll(each => each.Socket == listening);
            _descriptors?.ReturnListener(1);
        }
    }

    private readonly record struct OpenSocket(EndPoint At, bool IsOfNode, ListeningSocket Socket);
}
