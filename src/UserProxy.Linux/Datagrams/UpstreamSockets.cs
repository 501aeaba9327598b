using System.Net.Sockets;
using System.Runtime.InteropServices;
using UserProxy.Linux.Host;
using UserProxy.Linux.Kernel;
using UserProxy.Linux.Loops;
using UserProxy.Policy;
using UserProxy.Serving;
using UserProxy.Udp;

namespace UserProxy.Linux.Datagrams;

/// <summary>
/// A loop's sockets towards endpoints, by pool and number: opened and closed as its <see cref="SessionTable"/> asks, within what the node can spare. On the
/// loop's thread.
/// </summary>
internal sealed class UpstreamSockets : IUpstreamSockets, IDisposable
{
    /// <summary>Milliseconds without a try after a failed one: when none is free, the kernel looks through all of its ports to say so.</summary>
    private const long OpenPause = 1000;

    /// <summary>Sockets of a pool that are asked for their drops in a tick: each costs a system call, and there may be thousands.</summary>
    private const int Looks = 64;

    private readonly DatagramLoop _loop;
    private readonly DatagramServices _services;

    /// <summary>A pool of each loop may have half of the ports that the kernel gives to whoever asks for none, all loops together.</summary>
    private readonly int _mostPorts;

    /// <summary>Both pools of a family may have five eighths: a flood to one leaves the other an eighth, and the node the rest.</summary>
    private readonly int _mostOfFamily;

    /// <summary>Sockets with clients' addresses of a loop and family: their ports, too, are lost to those who ask for any (ip_local_port_range).</summary>
    private readonly int _mostKept;

    /// <summary>Of descriptors nothing is set aside for those.</summary>
    private const int Unassured = int.MaxValue;

    /// <summary>Who asks for descriptors: each loop for each pool that is not kept.</summary>
    private readonly int _shares;

    private readonly OfPool[] _pools = [
        .. from family in (AddressFamily[])[AddressFamily.InterNetwork, AddressFamily.InterNetworkV6]
        from pool in (PoolKey[])[new(family, OfPods: true), new(family, OfPods: false), new(family, OfPods: false) { IsKept = true }] select new OfPool(pool)];

    public UpstreamSockets(DatagramLoop loop, int loops, DatagramServices services)
    {
        _loop = loop;
        _services = services;
        _shares = _pools.Count(of => !of.Pool.IsKept) * loops;
        int range = PortRange.OfKernel().Count / loops;
        _mostPorts = Math.Max(1, range / 2);
        _mostOfFamily = Math.Max(2, range / 8 * 5);
        _mostKept = Math.Max(1, range / 4);
    }

    public bool IsEmpty => Array.TrueForAll(_pools, of => of.ByNumber.Count == 0);

    /// <summary>One that is open.</summary>
    public UpstreamSocket Get(PoolKey pool, int port) => Of(pool).ByNumber[port]!;

    public int? NumberOf(PoolKey pool, int port) => SocketSetup.LocalEndPoint(Get(pool, port).Descriptor).Port;

    public bool TryOpen(PoolKey pool, int port)
    {
        var of = Of(pool);
        if (port >= _mostPorts || of.Open + Of(pool with { OfPods = !pool.OfPods }).Open >= _mostOfFamily || EventLoop.Now < of.MayOpenAt || !TryTake(port))
            return false;
        if (TryEnter(of, port, DatagramSetup.OpenUpstream(pool.Family))) return true;
        of.MayOpenAt = EventLoop.Now + OpenPause;
        Return(port);
        return false;
    }

    public UpstreamOpening Open(PoolKey pool, int port, DialSource source, in DatagramAddress endpoint)
    {
        var of = Of(pool);
        if (of.Open >= _mostKept || !TryTake(Unassured)) return UpstreamOpening.NoneLeft;
        int result = DatagramSetup.OpenKept(source, endpoint);
        if (TryEnter(of, port, result)) return UpstreamOpening.Opened;
        Return(Unassured);
        return result >= 0 || IsLack(result) ? UpstreamOpening.NoneLeft : UpstreamOpening.Refused;
    }

    public DatagramAddress SourceOf(PoolKey pool, int port) => SocketSetup.LocalAddress(Get(pool, port).Descriptor);

    /// <summary>A socket of another process, which has this number; false, and closed, when there is no room for it.</summary>
    public bool TryAdopt(PoolKey pool, int port, SafeHandle inherited)
    {
        var of = Of(pool);
        bool isNumber = port >= 0 && port < (pool.IsKept ? _mostKept : _mostPorts);
        if (!isNumber || (port < of.ByNumber.Count && of.ByNumber[port] is not null) || !TryTake(pool.IsKept ? Unassured : port))
        {
            inherited.Dispose();
            return false;
        }

        var socket = new UpstreamSocket(_loop, pool, port, SocketSetup.Take(inherited));
        socket.Slot = _loop.Loop.AddDatagrams(socket.Descriptor, socket);
        if (socket.Slot < 0)
        {
            socket.Close();
            Return(pool.IsKept ? Unassured : port);
            return false;
        }

        // What the kernel has discarded until now was counted there.
        socket.TakeDrops();
        while (of.ByNumber.Count <= port) of.ByNumber.Add(null);
        of.ByNumber[port] = socket;
        of.Open++;
        return true;
    }

    /// <summary>Nothing is read from them until <see cref="Resume"/>: another process does.</summary>
    public IReadOnlyList<HandedUpstream> Pause()
    {
        var paused = new List<HandedUpstream>();
        foreach (var socket in _pools.SelectMany(of => of.ByNumber).OfType<UpstreamSocket>())
        {
            Unwatch(socket);
            paused.Add(new HandedUpstream(socket.Pool, socket.Port, socket.Handle));
        }

        return paused;
    }

    public void Resume()
    {
        foreach (var socket in _pools.SelectMany(of => of.ByNumber).OfType<UpstreamSocket>())
        {
            if (socket.Slot < 0) socket.Slot = _loop.Loop.AddDatagrams(socket.Descriptor, socket);
        }
    }

    public void Close(PoolKey pool, int port)
    {
        var of = Of(pool);
        of.Open--;
        var sockets = of.ByNumber;
        var socket = sockets[port]!;
        sockets[port] = null;
        while (sockets.Count > 0 && sockets[^1] is null) sockets.RemoveAt(sockets.Count - 1);
        _services.CountUpstreamDrops(socket.TakeDrops());
        Unwatch(socket);
        socket.Close();
        Return(pool.IsKept ? Unassured : port);
    }

    /// <summary>Asks the kernel what it has discarded of some of them, in turn. To be called a few times a second.</summary>
    public void CountDrops()
    {
        foreach (var of in _pools) CountDrops(of);
    }

    public void Dispose()
    {
        foreach (var of in _pools)
        {
            while (of.ByNumber.Count > 0) Close(of.Pool, of.ByNumber.Count - 1);
        }
    }

    /// <summary>Another process may have it, too, and then closing it would not end the registration.</summary>
    private void Unwatch(UpstreamSocket socket)
    {
        if (socket.Slot >= 0) _loop.Loop.RemoveShared(socket.Descriptor, socket.Slot);
        socket.Slot = -1;
    }

    private bool TryEnter(OfPool of, int port, int fd)
    {
        if (fd < 0) return false;
        var socket = new UpstreamSocket(_loop, of.Pool, port, new FileHandle(fd));
        socket.Slot = _loop.Loop.AddDatagrams(fd, socket);
        if (socket.Slot < 0)
        {
            socket.Close();
            return false;
        }

        while (of.ByNumber.Count <= port) of.ByNumber.Add(null);
        of.ByNumber[port] = socket;
        of.Open++;
        return true;
    }

    private static bool IsLack(int result) => -result is Errno.EADDRINUSE or Errno.EMFILE or Errno.ENFILE or Errno.ENOBUFS or Errno.ENOMEM or Errno.EAGAIN;

    private bool TryTake(int port)
    {
        if (!_services.Descriptors.TryTakeUpstream(port, _shares)) return false;
        // No UDP Service would be served without the first of each.
        if (port == 0) _services.Memory.TakeSession(MemoryBudget.PerUpstream);
        else if (!_services.Memory.TryTakeSession(MemoryBudget.PerUpstream))
        {
            _services.Descriptors.ReturnUpstream(port, _shares);
            return false;
        }

        return true;
    }

    private void Return(int port)
    {
        _services.Descriptors.ReturnUpstream(port, _shares);
        _services.Memory.ReturnSession(MemoryBudget.PerUpstream);
    }

    private void CountDrops(OfPool of)
    {
        for (int i = Math.Min(Looks, of.ByNumber.Count); i > 0; i--)
        {
            of.LookedAt = of.LookedAt + 1 < of.ByNumber.Count ? of.LookedAt + 1 : 0;
            if (of.ByNumber[of.LookedAt] is { } socket) _services.CountUpstreamDrops(socket.TakeDrops());
        }
    }

    private OfPool Of(PoolKey pool) => _pools[(pool.Family == AddressFamily.InterNetwork ? 0 : 3) + (pool.IsKept ? 2 : pool.OfPods ? 0 : 1)];

    private sealed class OfPool(PoolKey pool)
    {
        public PoolKey Pool { get; } = pool;

        public int Open { get; set; }

        /// <summary>As the session table counts; null for one that is closed. The last is open.</summary>
        public List<UpstreamSocket?> ByNumber { get; } = [];

        /// <summary>The loop's time before which no other is opened.</summary>
        public long MayOpenAt { get; set; }

        /// <summary>The number whose drops were read last.</summary>
        public int LookedAt { get; set; }
    }
}
