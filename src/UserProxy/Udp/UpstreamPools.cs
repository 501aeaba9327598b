using System.Net;
using System.Net.Sockets;
using UserProxy.Policy;

namespace UserProxy.Udp;

/// <summary>The ports of one loop towards endpoints, by pool. Asked by the <see cref="SessionTable"/> and its parts.</summary>
internal sealed class UpstreamPools
{
    private readonly IUpstreamSockets _sockets;
    private readonly OwnListeners _own;
    private readonly UpstreamPorts _pods4, _others4, _pods6, _others6;
    private readonly KeptPorts _kept4, _kept6;

    /// <param name="sockets">Opens and closes them.</param>
    /// <param name="times">For how long ports rest.</param>
    /// <param name="ample">How many shared ports are many.</param>
    /// <param name="mostResting">Sockets with clients' addresses of a family that may rest.</param>
    /// <param name="unrested">Of all loops.</param>
    /// <param name="own">Told of each shared port: an endpoint there would be another client's session.</param>
    public UpstreamPools(IUpstreamSockets sockets, SessionTimes times, int ample, int mostResting, UnrestedKeptPorts unrested, OwnListeners own)
    {
        _sockets = sockets;
        _own = own;
        UpstreamPorts Create(AddressFamily family, bool ofPods)
        {
            var pool = new PoolKey(family, ofPods);
            return new UpstreamPorts(
                ofPods, port => TryOpen(pool, port), port => Close(pool, port), times.PortRest, times.ShortPortRest, times.Answer, ample);
        }

        _pods4 = Create(AddressFamily.InterNetwork, ofPods: true);
        _others4 = Create(AddressFamily.InterNetwork, ofPods: false);
        _pods6 = Create(AddressFamily.InterNetworkV6, ofPods: true);
        _others6 = Create(AddressFamily.InterNetworkV6, ofPods: false);
        _kept4 = CreateKept(AddressFamily.InterNetwork);
        _kept6 = CreateKept(AddressFamily.InterNetworkV6);

        KeptPorts CreateKept(AddressFamily family) => new(sockets, KeyOfKept(family), times, mostResting, unrested);
    }

    public static PoolKey KeyOfKept(AddressFamily family) => new(family, OfPods: false) { IsKept = true };

    /// <summary>For sessions whose clients' addresses are kept.</summary>
    public KeptPorts KeptOf(AddressFamily family) => family == AddressFamily.InterNetwork ? _kept4 : _kept6;

    /// <summary>Of either family: they have the descriptors of one process.</summary>
    public bool TryCloseResting(long now) => _kept4.TryCloseFirst(now) || _kept6.TryCloseFirst(now);

    /// <summary>What the endpoint of a kept session sees as its client.</summary>
    public DatagramAddress SourceOf(PoolKey pool, int port) => _sockets.SourceOf(pool, port);

    /// <summary>As <see cref="UpstreamPorts.Find"/>, of any pool.</summary>
    public UdpSession? Find(PoolKey pool, int port, in DatagramAddress endpoint) =>
        pool.IsKept ? KeptOf(pool.Family).Find(port, endpoint) : Of(pool).Find(port, endpoint);

    /// <summary>As <see cref="UpstreamPorts.MetStray"/>, of any pool.</summary>
    public void MetStray(PoolKey pool, int port, in DatagramAddress endpoint, long now)
    {
        if (pool.IsKept) KeptOf(pool.Family).MetStray(port, endpoint, now);
        else Of(pool).MetStray(port, endpoint, now);
    }

    /// <summary>Takes the place of a session back.</summary>
    public void Return(UdpSession session, AnswerDebt debt, long at)
    {
        if (session.Peer is { } peer) Of(session.Pool).Return(peer, session.Port, debt, at);
        else KeptOf(session.Pool.Family).Return(session, debt, at);
    }

    /// <summary>Of a pool that is not kept.</summary>
    public UpstreamPorts Of(PoolKey pool) => pool.Family == AddressFamily.InterNetwork
        ? pool.OfPods ? _pods4 : _others4
        : pool.OfPods ? _pods6 : _others6;

    /// <summary>As <see cref="UpstreamPorts.Adopt"/>, of any pool.</summary>
    public void Adopt(PoolKey pool, int port, long now)
    {
        if (pool.IsKept)
        {
            KeptOf(pool.Family).Adopt(port, now);
            return;
        }

        Of(pool).Adopt(port, now);
        if (AddressOf(pool, port) is { } bound) _own.Add(bound);
    }

    /// <summary>As <see cref="UpstreamPorts.EndAdoption"/>.</summary>
    public void EndAdoption()
    {
        _pods4.EndAdoption();
        _others4.EndAdoption();
        _pods6.EndAdoption();
        _others6.EndAdoption();
        _kept4.EndAdoption();
        _kept6.EndAdoption();
    }

    public void Sweep(long now, long idle)
    {
        _pods4.Sweep(now, idle);
        _others4.Sweep(now, idle);
        _pods6.Sweep(now, idle);
        _others6.Sweep(now, idle);
        _kept4.Sweep(now);
        _kept6.Sweep(now);
    }

    private bool TryOpen(PoolKey pool, int port)
    {
        if (!_sockets.TryOpen(pool, port)) return false;
        if (AddressOf(pool, port) is { } bound) _own.Add(bound);
        return true;
    }

    private void Close(PoolKey pool, int port)
    {
        var bound = AddressOf(pool, port);
        _sockets.Close(pool, port);
        if (bound is not null) _own.Remove(bound);
    }

    /// <summary>Shared ports are bound on every address of their family.</summary>
    private IPEndPoint? AddressOf(PoolKey pool, int port) => _sockets.NumberOf(pool, port) is { } number
        ? new IPEndPoint(pool.Family == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, number)
        : null;
}
