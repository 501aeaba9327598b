using System.Runtime.InteropServices;
using UserProxy.Linux.Kernel;
using UserProxy.Serving;
using UserProxy.Udp;

namespace UserProxy.Linux.Datagrams;

/// <summary>
/// The datagram transport of Linux: recvmmsg(2) and sendmmsg(2) in batches, one loop a core. Its threads start with the first UDP port: most nodes serve TCP
/// alone until their first DNS Service. See docs/architecture.md.
/// </summary>
/// <param name="loops">Threads; one a core is the default.</param>
public sealed class DatagramEngine(int loops) : IDatagramTransport
{
    private DatagramServices? _services;
    private DatagramLoop[] _loops = [];

    public int SocketsPerListener => loops;

    /// <summary>Where it can run: the layouts of the kernel's structures are those of 64-bit Linux.</summary>
    public static bool IsSupported => OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    public void Use(DatagramServices services) => _services = services;

    public async ValueTask<IDatagramListener> BindAsync(UdpServiceListener listener, ListenOptions options)
    {
        if (_loops.Length == 0) StartLoops(_services ?? throw new InvalidOperationException("bound before Use"));
        var handles = DatagramSetup.Bind(listener.Address.EndPoint, options, loops);
        listener.Bound();
        var parts = new (DatagramLoop Loop, ListenerSocket Socket)[loops];
        for (int i = 0; i < loops; i++) parts[i] = (_loops[i], new ListenerSocket(_loops[i], listener, handles[i]));
        var datagrams = new DatagramListener(parts);
        int[] results = await Task.WhenAll(parts.Select(part => part.Loop.AddAsync(part.Socket)));
        if (results.Min() is var worst and < 0)
        {
            await datagrams.DisposeAsync();
            throw Errno.ToException(worst);
        }

        return datagrams;
    }

    public int CountHungLoops(TimeSpan patience) => _loops.Count(loop => !loop.Loop.IsAlive(patience));

    public ValueTask DisposeAsync()
    {
        foreach (var loop in _loops) loop.Loop.Stop();
        foreach (var loop in _loops) loop.Dispose();
        _loops = [];
        return default;
    }

    private void StartLoops(DatagramServices services)
    {
        var started = new List<DatagramLoop>();
        try
        {
            for (int i = 0; i < loops; i++) started.Add(new DatagramLoop(i, loops, services));
        }
        catch
        {
            foreach (var loop in started) loop.Dispose();
            throw;
        }

        foreach (var loop in started) loop.Loop.Start();
        _loops = [.. started];
    }
}
