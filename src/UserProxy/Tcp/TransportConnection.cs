using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using UserProxy.Tracing;

namespace UserProxy.Tcp;

/// <summary>
/// One socket of a transport in the shape of Kestrel's ConnectionContext: accepted (a client) or dialled (a backend). What all transports
/// need beyond that shape is here. Features, items and id exist for code written against ConnectionContext and cost nothing until asked for.
/// </summary>
public abstract class TransportConnection(IPEndPoint? local, IPEndPoint remote) : ConnectionContext
{
    private IPEndPoint? _local = local;
    private string? _id;
    private IFeatureCollection? _features;
    private IDictionary<object, object?>? _items;

    /// <summary>The address that the client connected to, or the one that the dial left from, which is read when it is first asked for.</summary>
    public IPEndPoint Local => _local ??= ReadLocal();

    public IPEndPoint Remote { get; } = remote;

    /// <summary>Where work for this connection runs: the loop that owns it, or the thread pool.</summary>
    public abstract PipeScheduler Scheduler { get; }

    /// <summary>
    /// How many hops were left to the packets by which an accepted connection came (TTL of IPv4, hop limit of IPv6); 0 where the system does not say. On Linux
    /// the kernel keeps them with the new socket, in the place of what it would give multicast (tcp_v4_syn_recv_sock, tcp_v6_syn_recv_sock).
    /// </summary>
    public virtual int ReadHops() => 0;

    /// <summary>Copies what an accepted connection has sent already, as far as it is here; it stays to be read. Returns how much that is.</summary>
    public virtual int Peek(Span<byte> bytes) => 0;

    /// <summary>
    /// Sends the first bytes of a dialled connection, of which a relay does not know: all of them, which a new socket has room for. They leave together with
    /// what <paramref name="client"/> has sent already, at the latest when the relay has begun. Network failures are left to the relay.
    /// </summary>
    public virtual void SendFirst(ReadOnlySpan<byte> bytes, TransportConnection client) => throw new NotSupportedException("this connection is not dialled");

    /// <summary>What the kernel has measured of it; null where the system does not tell, and when it is closed.</summary>
    public virtual TcpLeg? ReadLeg() => null;

    /// <summary>Where the constructor was not told.</summary>
    protected virtual IPEndPoint ReadLocal() => throw new NotSupportedException("the local address was not told");

    /// <summary>Closes with RST. Idempotent, from any thread; not for a connection that is in a running relay (<see cref="Relay.Reset"/>).</summary>
    public abstract override void Abort(ConnectionAbortedException abortReason);

    /// <summary>Closes in order (FIN), unless it has been aborted. Idempotent.</summary>
    public abstract override ValueTask DisposeAsync();

    public override EndPoint? LocalEndPoint { get => Local; set => throw new NotSupportedException(); }

    public override EndPoint? RemoteEndPoint { get => Remote; set => throw new NotSupportedException(); }

    public override string ConnectionId { get => _id ??= $"{Remote}-{Local}"; set => _id = value; }

    public override IFeatureCollection Features => _features ??= new FeatureCollection();

    public override IDictionary<object, object?> Items { get => _items ??= new Dictionary<object, object?>(); set => _items = value; }
}
