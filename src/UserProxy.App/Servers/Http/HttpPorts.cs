using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using UserProxy.Linux.SocketFilters;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Serving;
using UserProxy.Syncing;
using UserProxy.Tcp.Sockets;

namespace UserProxy.App.Servers.Http;

/// <summary>
/// One Kestrel for any number of ports that come and go, each with a handler of its own: a server for each would cost a thread for each. For the
/// small read-only servers of the node agent, which face the network: short timeouts, few connections, no bodies. A quarter of the places is the
/// node's own, so that whoever floods a port from elsewhere does not shut out the kubelet's probe (docs/decisions/0033).
/// </summary>
internal sealed class HttpPorts : IAsyncDisposable
{
    /// <summary>The message when somebody else has the port; <see cref="NameTakersAsync"/> tells who.</summary>
    public const string Taken = "the port is taken";

    /// <summary>More than the longest request (8 KiB of headers); Kestrel's default is 1 MiB for each connection.</summary>
    private const int ReadAhead = 32 * 1024;

    /// <summary>Connections from elsewhere that wait for Kestrel to start them; the next are turned away.</summary>
    private const int MostStarting = 64;

    /// <summary>For requests that run when a successor has the ports.</summary>
    private static readonly TimeSpan LastAnswers = TimeSpan.FromSeconds(1);

    /// <summary>A taken port may be free at any time, and has to be had within 2 s then.</summary>
    private static readonly TimeSpan RetryTakenAfter = TimeSpan.FromSeconds(1);

    /// <summary>What else stands in the way stays for longer.</summary>
    private static readonly TimeSpan RetryOtherAfter = TimeSpan.FromSeconds(5);

    /// <summary>After a failed accept, and after many in a row: without descriptors each costs an exception.</summary>
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(10), LongestPause = TimeSpan.FromMilliseconds(320);

    private readonly Channel<ConnectionContext> _accepted = Channel.CreateUnbounded<ConnectionContext>();
    private readonly NewestClients _ofNode;
    private readonly NewestClients _others;
    private readonly TimeSpan _longest;
    private readonly Predicate<ConnectionContext> _isOfNode;
    private readonly TimeProvider _time;
    private readonly Func<EndPoint, Socket> _bind;
    private readonly SocketConnectionContextFactory _connections;
    private readonly SocketConnectionContextFactory _ofNodeConnections;
    private readonly NodeNetwork? _network;
    private readonly DescriptorBudget? _descriptors;
    private readonly OwnListeners? _ownListeners;
    private readonly HandOverOfPorts _handOver;
    private readonly KestrelServer _kestrel;

    /// <summary>Those that listen.</summary>
    private readonly List<OpenSocket> _open = [];

    private HttpPorts(
        int maxConnections, TimeSpan longest, Predicate<ConnectionContext> isOfNode, TimeProvider time, Func<EndPoint, Socket> bind, NodeNetwork? network,
        DescriptorBudget? descriptors, OwnListeners? ownListeners, HandOverOfPorts? handOver)
    {
        (_network, _descriptors, _ownListeners) = (network, descriptors, ownListeners);
        _handOver = handOver ?? HandOverOfPorts.None;
        _ofNode = new NewestClients(maxConnections / 4);
        _others = new NewestClients(maxConnections - (maxConnections / 4));
        (_longest, _isOfNode, _time) = (longest, isOfNode, time);
        // As Go's server, a request with a whole URL is answered whatever its Host says: probes come through forward proxies.
        var options = new KestrelServerOptions { AddServerHeader = false, AllowHostHeaderOverride = true };
        options.Limits.MaxRequestBodySize = 0;
        options.Limits.MaxRequestHeadersTotalSize = 8 * 1024;
        options.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(10);
        options.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
        // Stands for all ports: what is accepted on them comes through one listener.
        options.Listen(IPAddress.Loopback, 1, listen => listen.Protocols = HttpProtocols.Http1);
        _bind = bind;
        // Each has a queue of its own for what its connections have to do.
        (_connections, _ofNodeConnections) = (NewConnections(), NewConnections());
        _kestrel = new KestrelServer(Options.Create(options), new OneListener(_accepted), NullLoggerFactory.Instance);
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
        var ports = new HttpPorts(
            maxConnections, longest, isOfNode, time, bind ?? (address => HttpSockets.Bind(address, PortSharing.Alone)), network, descriptors, ownListeners,
            handOver);
        await ports._kestrel.StartAsync(new Dispatcher(), CancellationToken.None);
        return ports;
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

    public async ValueTask DisposeAsync()
    {
        // Requests that run are answered at once or not at all: nobody waits for them. Whoever asks while a successor takes over is not to see that.
        using var patience = new CancellationTokenSource(_handOver.Shared.IsShared ? LastAnswers : TimeSpan.Zero);
        await _kestrel.StopAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _kestrel.Dispose();
        _connections.Dispose();
        _ofNodeConnections.Dispose();
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
        var loop = AcceptAsync(listening, handler, own is null ? Side.Both : Side.Elsewhere);
        var ownLoop = own is null ? loop : AcceptAsync(own, handler, Side.Node);
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
    private async Task AcceptAsync(ListeningSocket listening, RequestDelegate answer, Side from)
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
                    Take(client, answer, from);
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

    /// <summary>Whoever cannot be taken is not left to the finalizer: its client would wait for an answer, and its descriptor is one of few.</summary>
    private void Take(Socket socket, RequestDelegate answer, Side from)
    {
        ConnectionContext connection;
        try
        {
            if (from == Side.Elsewhere && _accepted.Reader.Count >= MostStarting)
            {
                // At once, and for little: there may be thousands of them a second.
                socket.LingerState = new LingerOption(enable: true, seconds: 0);
                socket.Dispose();
                return;
            }

            if (socket.ProtocolType == ProtocolType.Tcp) socket.NoDelay = true;
            connection = (from == Side.Node ? _ofNodeConnections : _connections).Create(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        try
        {
            Take(connection, answer);
        }
        catch
        {
            connection.Abort();
            _ = connection.DisposeAsync().AsTask();
            throw;
        }
    }

    private void Take(ConnectionContext connection, RequestDelegate answer)
    {
        bool isOfNode = _isOfNode(connection);
        // The node's own places are a reserve, and no bound: its clients have the others' too while these are free.
        var crowd = isOfNode && (_ofNode.HasRoom || !_others.HasRoom) ? _ofNode : _others;
        var client = new HttpPortClient(connection, crowd, answer, _longest, _time);
        client.Start();
        // Never waits: behind a full queue of strangers the kubelet would stand too.
        bool isOneTooMany = !isOfNode && _accepted.Reader.Count >= MostStarting;
        if (!isOneTooMany) crowd.Add(client);
        if (!isOneTooMany && _accepted.Writer.TryWrite(client)) return;
        client.Abort();
        _ = client.DisposeAsync().AsTask();
    }

    private static SocketConnectionContextFactory NewConnections() =>
        new(
            new SocketConnectionFactoryOptions { IOQueueCount = 1, MaxReadBufferSize = ReadAhead, MaxWriteBufferSize = ReadAhead }, NullLogger.Instance);

    private readonly record struct OpenSocket(EndPoint At, bool IsOfNode, ListeningSocket Socket);

    /// <summary>Whose clients come to a socket.</summary>
    private enum Side
    {
        Both,
        Elsewhere,
        Node,
    }

    private sealed class Dispatcher : IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

        public Task ProcessRequestAsync(HttpContext context) => context.Features.GetRequiredFeature<HttpPortClient>().AnswerAsync(context);

        public void DisposeContext(HttpContext context, Exception? exception)
        {
        }
    }

    /// <summary>What Kestrel takes for its one listener.</summary>
    private sealed class OneListener(Channel<ConnectionContext> accepted) : IConnectionListenerFactory, IConnectionListener
    {
        public EndPoint EndPoint { get; } = new IPEndPoint(IPAddress.Loopback, 1);

        public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) => new(this);

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
            await accepted.Reader.WaitToReadAsync(cancellationToken) && accepted.Reader.TryRead(out var connection) ? connection : null;

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            accepted.Writer.TryComplete();
            return default;
        }

        public ValueTask DisposeAsync() => default;
    }
}
