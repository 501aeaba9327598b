using System.Net.Sockets;

namespace UserProxy.Udp;

/// <summary>The ports of one loop towards endpoints, by pool. Asked by the <see cref="SessionTable"/> and its parts.</summary>
internal sealed class UpstreamPools
{
    private readonly UpstreamPorts _pods4, _others4, _pods6, _others6;

    public UpstreamPools(IUpstreamSockets sockets, SessionTimes times, int ample)
    {
        UpstreamPorts Create(AddressFamily family, bool ofPods)
        {
            var pool = new PoolKey(family, ofPods);
            return new UpstreamPorts(
                ofPods, port => sockets.TryOpen(pool, port), port => sockets.Close(pool, port), times.PortRest, times.ShortPortRest, times.Answer, ample);
        }

        _pods4 = Create(AddressFamily.InterNetwork, ofPods: true);
        _others4 = Create(AddressFamily.InterNetwork, ofPods: false);
        _pods6 = Create(AddressFamily.InterNetworkV6, ofPods: true);
        _others6 = Create(AddressFamily.InterNetworkV6, ofPods: false);
    }

    public UpstreamPorts Of(PoolKey pool) => pool.Family == AddressFamily.InterNetwork
        ? pool.OfPods ? _pods4 : _others4
        : pool.OfPods ? _pods6 : _others6;

    /// <summary>As <see cref="UpstreamPorts.EndAdoption"/>.</summary>
    public void EndAdoption()
    {
        _pods4.EndAdoption();
        _others4.EndAdoption();
        _pods6.EndAdoption();
        _others6.EndAdoption();
    }

    public void Sweep(long now, long idle)
    {
        _pods4.Sweep(now, idle);
        _others4.Sweep(now, idle);
        _pods6.Sweep(now, idle);
        _others6.Sweep(now, idle);
    }
}
