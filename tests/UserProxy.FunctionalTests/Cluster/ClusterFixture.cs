using System.Globalization;
using System.Net;

namespace UserProxy.FunctionalTests.Cluster;

/// <summary>One <see cref="TestCluster"/> for all cases of a class; each case has Services and addresses of its own.</summary>
public abstract class ClusterFixture(TransportKind transport, bool wildcardOnB = false) : IAsyncLifetime
{
    private TestCluster? _cluster;
    private int _case;

    internal TestCluster Cluster => _cluster!;

    /// <summary>Why there is no cluster, or null.</summary>
    private string? Missing => ClusterNetwork.Missing ?? Transports.WhyNot(transport);

    public async ValueTask InitializeAsync()
    {
        if (Missing is not null) return;
        _cluster = await TestCluster.CreateAsync(transport, wildcardOnB);
        await OnCreatedAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await OnDisposingAsync();
        if (_cluster is not null) await _cluster.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Names and addresses that no other case uses.</summary>
    internal CaseNames NextCase()
    {
        Assert.SkipUnless(Missing is null, Missing ?? "");
        int number = Interlocked.Increment(ref _case);
        return new CaseNames(
            string.Create(CultureInfo.InvariantCulture, $"svc{number}"),
            new IPAddress([10, 96, 0, (byte)number]),
            IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"fd00:96::{number}")),
            new IPAddress([203, 0, 113, (byte)number]),
            30000 + number);
    }

    private protected virtual ValueTask OnCreatedAsync() => default;

    private protected virtual ValueTask OnDisposingAsync() => default;
}

/// <summary>What a case may use: the name of its Service, its ClusterIPs, a load balancer's address and a NodePort.</summary>
internal sealed record CaseNames(string Service, IPAddress ClusterIP, IPAddress ClusterIP6, IPAddress LoadBalancerIP, int NodePort);
