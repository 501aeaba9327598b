using System.Net.Sockets;
using UserProxy.Linux.Epoll;
using UserProxy.Linux.Kernel;
using UserProxy.Linux.VirtualIPs;
using UserProxy.Serving;
using UserProxy.Udp;

namespace UserProxy.Linux.Datagrams;

/// <summary>A loop's sockets towards endpoints, by family and number: opened and closed as its <see cref="SessionTable"/> asks, within what the node can spare. On the loop's thread.</summary>
internal sealed class UpstreamSockets : IUpstreamSockets, IDisposable
{
    /// <summary>Milliseconds without a try after a failed one: when none is free, the kernel looks through all of its ports to say so.</summary>
    private const long OpenPause = 1000;

    /// <summary>Sockets of a family that are asked for their drops in a tick: each costs a system call, and there may be thousands.</summary>
    private const int Looks = 64;

    private readonly DatagramLoop _loop;
    private readonly DatagramServices _services;

    /// <summary>Half of the ports that the kernel gives to whoever asks for none, for all loops together: the rest is the node's own.</summary>
    private readonly int _mostPorts;

    /// <summary>Who asks for descriptors: each loop for each family.</summary>
    private readonly int _shares;

    private readonly OfFamily _of4 = new(AddressFamily.InterNetwork), _of6 = new(AddressFamily.InterNetworkV6);

    public UpstreamSockets(DatagramLoop loop, int loops, DatagramServices services)
    {
        _loop = loop;
        _services = services;
        _shares = 2 * loops;
        _mostPorts = Math.Max(1, PortRange.OfKernel().Count / 2 / loops);
    }

    public bool IsEmpty => _of4.ByNumber.Count + _of6.ByNumber.Count == 0;

    /// <summary>One that is open.</summary>
    public UpstreamSocket Get(AddressFamily family, int port) => Of(family).ByNumber[port]!;

    public bool TryOpen(AddressFamily family, int port)
    {
        var of = Of(family);
        if (port >= _mostPorts || EpollLoop.Now < of.MayOpenAt || !TryTake(port)) return false;
        int fd = DatagramSetup.OpenUpstream(family);
        if (fd >= 0)
        {
            var socket = new UpstreamSocket(_loop, family, port, new FileHandle(fd));
            socket.Slot = _loop.Loop.AddDatagrams(fd, socket);
            if (socket.Slot >= 0)
            {
                while (of.ByNumber.Count <= port) of.ByNumber.Add(null);
                of.ByNumber[port] = socket;
                return true;
            }

            socket.Close();
        }

        of.MayOpenAt = EpollLoop.Now + OpenPause;
        Return(port);
        return false;
    }

    public void Close(AddressFamily family, int port)
    {
        var sockets = Of(family).ByNumber;
        var socket = sockets[port]!;
        sockets[port] = null;
        while (sockets.Count > 0 && sockets[^1] is null) sockets.RemoveAt(sockets.Count - 1);
        _services.CountUpstreamDrops(socket.TakeDrops());
        _loop.Loop.Forget(socket.Slot);
        socket.Close();
        Return(port);
    }

    /// <summary>Asks the kernel what it has discarded of some of them, in turn. To be called a few times a second.</summary>
    public void CountDrops()
    {
        CountDrops(_of4);
        CountDrops(_of6);
    }

    public void Dispose()
    {
        foreach (var of in (OfFamily[])[_of4, _of6])
        {
            while (of.ByNumber.Count > 0) Close(of.Family, of.ByNumber.Count - 1);
        }
    }

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

    private void CountDrops(OfFamily of)
    {
        for (int i = Math.Min(Looks, of.ByNumber.Count); i > 0; i--)
        {
            of.LookedAt = of.LookedAt + 1 < of.ByNumber.Count ? of.LookedAt + 1 : 0;
            if (of.ByNumber[of.LookedAt] is { } socket) _services.CountUpstreamDrops(socket.TakeDrops());
        }
    }

    private OfFamily Of(AddressFamily family) => family == AddressFamily.InterNetwork ? _of4 : _of6;

    private sealed class OfFamily(AddressFamily family)
    {
        public AddressFamily Family { get; } = family;

        /// <summary>As the session table counts; null for one that is closed. The last is open.</summary>
        public List<UpstreamSocket?> ByNumber { get; } = [];

        /// <summary>The loop's time before which no other is opened.</summary>
        public long MayOpenAt { get; set; }

        /// <summary>The number whose drops were read last.</summary>
        public int LookedAt { get; set; }
    }
}
