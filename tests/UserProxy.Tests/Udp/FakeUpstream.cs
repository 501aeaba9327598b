using System.Net;
using System.Net.Sockets;
using UserProxy.Policy;
using UserProxy.Udp;

namespace UserProxy.Tests.Udp;

/// <summary>Sockets towards endpoints that are only counted.</summary>
internal sealed class FakeUpstream : IUpstreamSockets
{
    /// <summary>The first port that the kernel gives to clients, and to whoever asks for any: the lowest that is free of the address.</summary>
    public const int FirstChosen = 32_768;

    private readonly Dictionary<PoolKey, SortedSet<int>> _open = [];
    private readonly Dictionary<(PoolKey Pool, int Port), DatagramAddress> _sources = [];

    /// <summary>How many may be open in each pool.</summary>
    public int Limit { get; set; } = int.MaxValue;

    /// <summary>Sockets with clients' addresses are not to be had.</summary>
    public bool Refuses { get; set; }

    /// <summary>By which number the network knows the first of each pool; null: nobody can say.</summary>
    public int? FirstNumber { get; set; }

    /// <summary>How many there are from the first chosen one on.</summary>
    public int Choosable { get; set; } = 10_000;

    public int Opened { get; private set; }

    public int Closed { get; private set; }

    /// <summary>In both pools of the family.</summary>
    public int Open(AddressFamily family = AddressFamily.InterNetwork) => _open.Where(pool => pool.Key.Family == family).Sum(pool => pool.Value.Count);

    public bool IsOpen(UpstreamTarget target) => IsOpen(target.Pool, target.Port);

    public bool IsOpen(PoolKey pool, int port) => Ports(pool).Contains(port);

    /// <summary>A socket of another process is open here.</summary>
    public void Adopt(PoolKey pool, int port) => Ports(pool).Add(port).ShouldBeTrue("it is open");

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
        if (FreeOf(source) is not { } free || !TryOpen(pool, port)) return UpstreamOpening.NoneLeft;
        _sources[(pool, port)] = DatagramAddress.From(free);
        return UpstreamOpening.Opened;
    }

    public DatagramAddress SourceOf(PoolKey pool, int port) => _sources[(pool, port)];

    public int? NumberOf(PoolKey pool, int port)
    {
        Ports(pool).ShouldContain(port, "it is open");
        return FirstNumber + port;
    }

    public void Close(PoolKey pool, int port)
    {
        Ports(pool).Remove(port).ShouldBeTrue("it is closed");
        _sources.Remove((pool, port));
        Closed++;
    }

    private IPEndPoint? FreeOf(DialSource source) =>
        Enumerable.Range(FirstChosen, Choosable).Prepend(source.Address.Port)
            .Where(port => port >= FirstChosen).Select(port => new IPEndPoint(source.Address.Address, port))
            .FirstOrDefault(address => !_sources.ContainsValue(DatagramAddress.From(address)));

    private SortedSet<int> Ports(PoolKey pool)
    {
        if (_open.TryGetValue(pool, out var ports)) return ports;
        return _open[pool] = [];
    }
}
