using System.Net.Sockets;
using UserProxy.Udp;

namespace UserProxy.Tests.Udp;

/// <summary>Sockets towards endpoints that are only counted.</summary>
internal sealed class FakeUpstream : IUpstreamSockets
{
    private readonly SortedSet<int> _open4 = [], _open6 = [];

    /// <summary>How many may be open in each family.</summary>
    public int Limit { get; set; } = int.MaxValue;

    public int Opened { get; private set; }

    public int Closed { get; private set; }

    public int Open(AddressFamily family = AddressFamily.InterNetwork) => Ports(family).Count;

    public bool IsOpen(int port, AddressFamily family = AddressFamily.InterNetwork) => Ports(family).Contains(port);

    public bool TryOpen(AddressFamily family, int port)
    {
        var open = Ports(family);
        port.ShouldBeInRange(0, open.Count == 0 ? 0 : open.Max + 1);
        open.ShouldNotContain(port, "it is open");
        if (open.Count >= Limit) return false;
        open.Add(port);
        Opened++;
        return true;
    }

    public void Close(AddressFamily family, int port)
    {
        Ports(family).Remove(port).ShouldBeTrue("it is closed");
        Closed++;
    }

    private SortedSet<int> Ports(AddressFamily family)
    {
        if (family == AddressFamily.InterNetwork) return _open4;
        family.ShouldBe(AddressFamily.InterNetworkV6);
        return _open6;
    }
}
