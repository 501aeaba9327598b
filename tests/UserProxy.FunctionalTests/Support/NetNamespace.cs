using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace UserProxy.FunctionalTests.Support;

/// <summary>
/// Another host, made of a network namespace and a veth pair, for cases in which packets must vanish. Its names are unique to the run; all of it
/// goes with the namespace.
/// </summary>
internal sealed class NetNamespace : IAsyncDisposable
{
    private static int Made;

    private readonly string _name;

    private NetNamespace(string name, IPAddress here, IPAddress there)
    {
        _name = name;
        Here = here;
        There = there;
    }

    /// <summary>The address of this side.</summary>
    public IPAddress Here { get; }

    /// <summary>The address of the other host.</summary>
    public IPAddress There { get; }

    public static async Task<NetNamespace> CreateAsync()
    {
        Tool.SkipUnlessInstalled("ip");
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "network namespaces need root");
        int number = Interlocked.Increment(ref Made);
        string name = string.Create(CultureInfo.InvariantCulture, $"up{Environment.ProcessId}-{number}");
        // 198.18.0.0/15 is set aside for tests (RFC 2544): nothing real is hidden by it.
        int subnet = (Environment.ProcessId + number) % 250;
        var here = IPAddress.Parse($"198.18.{subnet}.1");
        var there = IPAddress.Parse($"198.18.{subnet}.2");
        await Tool.RunAsync("ip", "netns", "add", name);
        var created = new NetNamespace(name, here, there);
        try
        {
            await Tool.RunAsync("ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name);
            await Tool.RunAsync("ip", "addr", "add", $"{here}/30", "dev", name);
            await Tool.RunAsync("ip", "link", "set", name, "up");
            await Tool.RunAsync("ip", "-n", name, "addr", "add", $"{there}/30", "dev", "eth0");
            await Tool.RunAsync("ip", "-n", name, "link", "set", "eth0", "up");
            await Tool.RunAsync("ip", "-n", name, "link", "set", "lo", "up");
            return created;
        }
        catch
        {
            await created.DisposeAsync();
            throw;
        }
    }

    /// <summary>A listener on the other host.</summary>
    public Socket Listen()
    {
        var socket = CreateSocket();
        socket.Bind(new IPEndPoint(There, 0));
        socket.Listen();
        return socket;
    }

    /// <summary>A socket of the other host.</summary>
    public Socket CreateSocket() =>
        NamespaceThread.Run(_name, () => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });

    /// <summary>From now on nothing comes back from the other host, not even an acknowledgement.</summary>
    public Task FallSilentAsync() => Tool.RunAsync("ip", "-n", _name, "route", "add", "blackhole", $"{Here}/32");

    public async ValueTask DisposeAsync()
    {
        await Tool.RunAsync("ip", "netns", "delete", _name);
    }
}
