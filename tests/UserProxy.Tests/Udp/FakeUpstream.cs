using System.Net.Sockets;
using UserProxy.Udp;

namespace UserProxy.Tests.Udp;

/// <summary>Sockets towards endpoints that are only counted.</summary>
internal sealed class FakeUpstream : IUpstreamSockets
{
    private int _open4, _open6;

    /// <summary>How many may be open in each family.</summary>
    public int Limit { get; set; } = int.MaxValue;

    public int Opened { get; private set; }

    public int Closed { get; private set; }

    public int Open(AddressFamily family = AddressFamily.InterNetwork) => family == AddressFamily.InterNetwork ? _open4 : _open6;

    public bool TryOpen(AddressFamily family)
    {
        ref int open = ref CountOf(family);
        if (open >= Limit) return false;
        open++;
        Opened++;
        return true;
    }

    public void CloseLast(AddressFamily family)
    {
        ref int open = ref CountOf(family);
        open.ShouldBeGreaterThan(0, "nothing is left to be closed");
        open--;
        Closed++;
    }

    private ref int CountOf(AddressFamily family)
    {
        if (family == AddressFamily.InterNetwork) return ref _open4;
        family.ShouldBe(AddressFamily.InterNetworkV6);
        return ref _open6;
    }
}
