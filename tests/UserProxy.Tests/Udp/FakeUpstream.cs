using System.Net.Sockets;
using UserProxy.Policy;
using UserProxy.Udp;

namespace UserProxy.Tests.Udp;

/// <summary>Sockets towards endpoints that are only counted.</summary>
internal sealed class FakeUpstream : IUpstreamSockets
{
    private readonly Dictionary<PoolKey, SortedSet<int>> _open = [];

    /// <summary>How many may be open in each pool.</summary>
    public int Limit { get; set; } = int.MaxValue;

    /// <summary>Sockets with clients' addresses are not to be had.</summary>
    public bool Refuses { get; set; }

    public int Opened { get; private set; }

    public int Closed { get; private set; }

    /// <summary>In both pools of the family.</summary>
    public int Open(AddressFamily family = AddressFamily.InterNetwork) => _open.Where(pool => pool.Key.Family == family).Sum(pool => pool.Value.Count);

    public bool IsOpen(UpstreamTarget target) => Ports(target.Pool).Contains(target.Port);

    public bool TryOpen(PoolKey pool, int port)
    {
        var open = Ports(pool);
        if (open.Count >= Limit) return false;
        port.ShouldBeInRange(0, open.Count == 0 ? 0 : open.Max + 1);
        open.ShouldNotContain(port, "it is open");
        open.Add(port);
        Opened++;
        return true;
    }

    public UpstreamOpening Open(PoolKey pool, int port, DialSource source, in DatagramAddress endpoint)
    {
        if (Refuses) return UpstreamOpening.Refused;
        return TryOpen(pool, port) ? UpstreamOpening.Opened : UpstreamOpening.NoneLeft;
    }

    public void Close(PoolKey pool, int port)
    {
        Ports(pool).Remove(port).ShouldBeTrue("it is closed");
        Closed++;
    }

    private SortedSet<int> Ports(PoolKey pool)
    {
        if (_open.TryGetValue(pool, out var ports)) return ports;
        return _open[pool] = [];
    }
}
