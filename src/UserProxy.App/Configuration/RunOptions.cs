using Microsoft.Extensions.Logging;
using UserProxy.Kubernetes;
using UserProxy.Model;

namespace UserProxy.App.Configuration;

/// <summary>The settings of one <c>run</c>, checked. Their outside names are in <see cref="Settings"/>; filled by <see cref="RunOptionsReader"/>.</summary>
internal sealed record RunOptions
{
    /// <summary>Files and folders with Kubernetes objects.</summary>
    public ValueList<string> Manifests { get; init; } = [];

    /// <summary>This node's name in lower case: decides which endpoints are local.</summary>
    public string NodeName { get; init; } = "";

    /// <summary>The addresses of this node that NodePorts are served on.</summary>
    public NodePortAddresses NodePortAddresses { get; init; } = NodePortAddresses.Any;

    /// <summary>The settings of Services that say nothing by annotation.</summary>
    public ServiceSettings Defaults { get; init; } = ServiceSettings.Default;

    public TransportChoice Transport { get; init; } = TransportChoice.Auto;

    /// <summary>Epoll loops.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Path of the admin socket; one <c>run</c> per path and network namespace.</summary>
    public string AdminSocket { get; init; } = "";

    /// <summary>How long connections may go on after the first signal.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);

    public LogFormat LogFormat { get; init; } = LogFormat.Text;

    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>One log line per ended connection.</summary>
    public bool AccessLog { get; init; }

    /// <summary>Whether endpoints on loopback addresses are dialled. On, because manifests are written by the owner of the node.</summary>
    public bool AllowLoopbackEndpoints { get; init; } = true;

    /// <summary>Serve only Services that carry this value of <c>service.kubernetes.io/service-proxy-name</c>; null: only those without the label.</summary>
    public string? ServeLabel { get; init; }
}
