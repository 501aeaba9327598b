using UserProxy.Udp;

namespace UserProxy;

/// <summary>The settings of the proxy as a whole; per-Service settings are <see cref="Model.ServiceSettings"/>. Filled by the executable.</summary>
public sealed class ProxyOptions
{
    /// <summary>
    /// Whether endpoints on loopback and any of the node's own addresses may be dialled: on for manifests, off for the API, whose addresses come from tenants.
    /// </summary>
    public bool AllowLoopbackEndpoints { get; init; }

    /// <summary>How long running connections may go on after the stop of the process.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How many UDP sessions there may be.</summary>
    public SessionLimits SessionLimits { get; init; } = SessionLimits.Default;

    /// <summary>RLIMIT_NOFILE of the process; admission of connections stops below it.</summary>
    public int DescriptorLimit { get; init; } = int.MaxValue;

    /// <summary>Descriptors that the process held before the first listener.</summary>
    public int DescriptorsAtStart { get; init; }

    /// <summary>Descriptors that the transport, besides those of connections, and the servers of the process may have open at most.</summary>
    public int DescriptorsAside { get; init; }
}
