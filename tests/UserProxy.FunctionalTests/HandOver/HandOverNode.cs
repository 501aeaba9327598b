using System.Globalization;
using System.Net;
using UserProxy.App.Run.HandOver;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.HandOver;

/// <summary>
/// A node of one manifest, with a Service of TCP and one of UDP, that one process after the other serves: each with the same admin socket, and with its log in
/// a file.
/// </summary>
internal sealed class HandOverNode : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("userproxy-handover-");
    private readonly Backend _echo;
    private readonly DatagramBackend[] _datagrams;
    private readonly List<HandOverRun> _runs = [];
    private int _declared;
    private string _manifest = "";

    public HandOverNode(Backend echo, params DatagramBackend[] datagrams)
    {
        (_echo, _datagrams) = (echo, datagrams);
        Declare();
    }

    public IPEndPoint Address { get; } = new(IPAddress.Loopback, FreePort.Next());

    public IPEndPoint DatagramAddress { get; } = new(IPAddress.Loopback, FreePort.Next());

    public int HealthPort { get; } = FreePort.Next();

    public int MetricsPort { get; } = FreePort.Next();

    public string AdminSocket => Path.Combine(_folder.FullName, "admin.sock");

    public string TakeoverSocket => SuccessorPort.PathBeside(AdminSocket);

    public string Folder => _folder.FullName;

    /// <summary>Of the processes that are started from now on.</summary>
    public string Manifest => _manifest;

    /// <summary>The usual ones, and so many Services more: for the processes that are started from now on.</summary>
    public void Declare(int more = 0)
    {
        _manifest = Path.Combine(_folder.FullName, string.Create(CultureInfo.InvariantCulture, $"services-{++_declared}.yaml"));
        File.WriteAllText(
            _manifest,
            ServingProcess.ServiceOf("echo", Address.Port, "rr", _echo)
                + (_datagrams.Length == 0 ? "" : ServingProcess.ServiceOf(
                    "names", DatagramAddress.Port, "rr", "UDP", "None", _datagrams.Select(each => each.EndPoint)))
                + string.Concat(
                    Enumerable.Range(0, more).Select(
                        i => ServingProcess.ServiceOf(string.Create(CultureInfo.InvariantCulture, $"more-{i}"), FreePort.Next(), "rr", _echo))));
    }

    /// <summary>Another manifest, for the processes that are started from now on.</summary>
    public void Declare(string manifest) => File.WriteAllText(_manifest, manifest);

    /// <summary>Ends with the node.</summary>
    public HandOverRun Start(TransportKind transport, params string[] more) => StartBehind([], transport, more);

    /// <summary><paramref name="prefix"/> is a program that sets something up and becomes the proxy.</summary>
    public HandOverRun StartBehind(string[] prefix, TransportKind transport, params string[] more)
    {
        string log = Path.Combine(_folder.FullName, string.Create(CultureInfo.InvariantCulture, $"log-{_runs.Count}"));
        string[] arguments = [.. prefix, TestedProgram.Path, .. Arguments(transport, more)];
        var run = new HandOverRun(Tool.Start("sh", "-c", $"exec {string.Join(' ', arguments)} >{log} 2>&1"), log);
        _runs.Add(run);
        return run;
    }

    /// <summary>Those of a process that serves it.</summary>
    public string[] Arguments(TransportKind transport, params string[] more) =>
    [
        "run", "--manifests", _manifest, "--node-name", "node-1", "--node-port-addresses", "127.0.0.0/8", "--transport", transport.Name(), "--admin-socket",
        AdminSocket, "--cluster-ips", "off", "--healthz-bind-address", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{HealthPort}"),
        "--metrics-bind-address", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{MetricsPort}"),
        .. more.Contains("--drain-timeout") ? [] : (string[])["--drain-timeout", "60s"], .. more,
    ];

    /// <summary>A client that is served, to its end.</summary>
    public async Task AskOnceAsync()
    {
        using var client = await Peer.ConnectAsync(Address);
        (await client.AskAsync("once")).ShouldBe("once");
        client.Reset();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var run in _runs) await run.Process.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}

/// <summary>One of the processes of a <see cref="HandOverNode"/>.</summary>
internal sealed class HandOverRun(Tool process, string log)
{
    public Tool Process => process;

    public string Log => File.Exists(log) ? File.ReadAllText(log) : "";

    /// <summary>It alone serves, without a predecessor.</summary>
    public Task ServesAsync() => SaysAsync("UserProxy.App[501]");

    /// <summary>It alone serves, and could hand over.</summary>
    public Task TookOverAsync() => SaysAsync("UserProxy.App[575]");

    public async Task SaysAsync(string text)
    {
        try
        {
            await Eventually.IsTrue(() => Log.Contains(text, StringComparison.Ordinal), $"it says {text}");
        }
        catch (TimeoutException e)
        {
            throw new InvalidOperationException($"{e.Message}: {Log}", e);
        }
    }

    public async Task EndsWellAsync() => (await process.ExitCodeAsync()).ShouldBe(0, Log);
}
