using System.Net;
using UserProxy.FunctionalTests.Cluster;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.ConformanceTests.Cluster;

/// <summary>The userproxy of one node: the real executable inside the node's namespace, told the API server and nothing else of the cluster.</summary>
internal sealed class NodeProxy(Host node, string podBlock, string transport, string folder, string kubeconfig) : IAsyncDisposable
{
    private const int Health = 10256;

    private Tool? _process;

    /// <summary>Returns when it serves what the API server has.</summary>
    public async Task StartAsync()
    {
        _process = Tool.Start("sh", "-c", string.Join(' ',
            $"exec ip netns exec {node.Namespace} {Path.Combine(AppContext.BaseDirectory, "userproxy")} run --kubeconfig {kubeconfig} --node-name "
                + $"{node.Name} --transport {transport}",
            $"--admin-socket {folder}/{node.Name}.sock --cluster-ips on --load-balancer-ips --external-ips 198.51.100.0/24 --cluster-cidr {podBlock} "
                + "--drain-timeout 1s",
            RunSettings.Label is { } label ? $"--serve-label {label}" : "",
            $">>{Log} 2>&1"));
        await Eventually.IsTrue(
            async () => _process.HasExited
                ? throw new InvalidOperationException(LastOfLog())
                : await HttpProbe.GetAsync(node, IPAddress.Loopback, Health, "/readyz") == "200",
            $"the proxy of {node.Name} is ready");
    }

    /// <summary>SIGTERM or SIGKILL, and its end.</summary>
    public async Task StopAsync(string signal)
    {
        await _process!.SignalAsync(signal);
        await _process.ExitCodeAsync();
    }

    /// <summary>What it has said last, for the message of a failed case.</summary>
    public string LastOfLog() => $"{node.Name}:\n{string.Join('\n', File.ReadAllLines(Log).TakeLast(10))}";

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
    }

    private string Log => Path.Combine(folder, $"{node.Name}.log");
}
