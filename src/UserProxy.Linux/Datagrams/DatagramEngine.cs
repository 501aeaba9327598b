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

    /// <summary>Those that are bound.</summary>
    private readonly List<DatagramListener> _listeners = [];

    public int SocketsPerListener => loops;

    /// <summary>Where it can run: the layouts of the kernel's structures are those of 64-bit Linux.</summary>
    public static bool IsSupported => OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    public void Use(DatagramServices services) => _services = services;

    public async ValueTask<IDatagramListener> BindAsync(UdpServiceListener listener, ListenOptions options)
    {
        if (_loops.Length == 0) StartLoops(_services ?? throw new InvalidOperationException("bound before Use"));
        var handles = DatagramSetup.Bind(listener.Address.EndPoint, options, loops);
        listener.Bound();
        var parts = new (DatagramLoop Loop, ListenerSocket Socket)[handles.Length];
        for (int i = 0; i < parts.Length; i++) parts[i] = (_loops[i % loops], new ListenerSocket(_loops[i % loops], listener, handles[i], i));
        var datagrams = new DatagramListener(parts, closed => Change(() => _listeners.Remove(closed)));
        Change(() => _listeners.Add(datagrams));
        // A predecessor reads them until it is told to read.
        if (options.Shared.IsShared) return datagrams;
        int[] results = await Task.WhenAll(parts.Select(part => part.Loop.AddAsync(part.Socket)));
        if (results.Min() is var worst and < 0)
        {
            await datagrams.DisposeAsync();
            throw Errno.ToException(worst);
        }

        return datagrams;
    }

    public async Task<IReadOnlyList<HandedLoop>> PauseAsync()
    {
        var sockets = Sockets().ToLookup(part => part.Loop, part => part.Socket);
        return await Task.WhenAll(_loops.Select(loop => loop.PauseAsync([.. sockets[loop]])));
    }

    public void Resume()
    {
        foreach (var loop in _loops) loop.Resume();
    }

    public async Task AdoptAsync(IReadOnlyList<HandedLoop> handed)
    {
        if (handed.Count != _loops.Length)
        {
            foreach (var upstream in handed.SelectMany(loop => loop.Upstream)) upstream.Socket.Dispose();
            return;
        }

        var sockets = Sockets().ToLookup(part => part.Loop, part => part.Socket);
        await Task.WhenAll(_loops.Zip(handed, (loop, its) => loop.AdoptAsync(its, [.. sockets[loop]])));
    }

    public int CountHungLoops(TimeSpan patience) => _loops.Count(loop => !loop.Loop.IsAlive(patience));

    public ValueTask DisposeAsync()
    {
        foreach (var loop in _loops) loop.Loop.Stop();
        foreach (var loop in _loops) loop.Dispose();
        _loops = [];
        return default;
    }

    private IEnumerable<(DatagramLoop Loop, ListenerSocket Socket)> Sockets()
    {
        lock (_listeners) return [.. _listeners.SelectMany(listener => listener.Parts)];
    }

    private void Change(Action change)
    {
        lock (_listeners) change();
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
