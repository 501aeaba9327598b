using System.Net;
using System.Net.Sockets;
using UserProxy.Kubernetes.Objects;
using UserProxy.Model;

namespace UserProxy.Kubernetes.Building;

/// <summary>
/// One Service with its slices, understood by itself; made by <see cref="ServiceReader"/>. What other Services have to do with it comes after.
/// </summary>
internal sealed record ServiceDraft(ObjectId Key)
{
    /// <summary>Sorted by <see cref="ServiceTable.Order"/>.</summary>
    public IReadOnlyList<PortDraft> Ports { get; init; } = [];

    /// <summary>There are ports in it, whatever became of them.</summary>
    public bool DeclaresPorts { get; init; } = true;

    public HealthCheckPort? HealthCheck { get; init; }

    /// <summary>The older of two Services keeps what both want; without a time it is the younger.</summary>
    public DateTimeOffset Created { get; init; } = DateTimeOffset.MaxValue;

    public SourceLine? Source { get; init; }

    public IssueList? Issues { get; init; }

    private Claimant HealthClaimant => new(new ServicePortName(Key.Namespace, Key.Name, "", TransportProtocol.Tcp), Kind: null, Created);

    /// <summary>Something of it is to be served at the node's own addresses.</summary>
    public bool NeedsNodeAddress(AddressFamily family) => HealthCheck is not null || Ports.Any(port => port.NodePort != 0 && port.Port.Family == family);

    public IReadOnlyList<(ListenKey, Claimant)> Claims() =>
        [.. Ports.SelectMany(port => port.Claims()), .. HealthKeys().Select(key => (key, HealthClaimant))];

    /// <summary>The health check port unless it is somebody else's, in which case that is noted.</summary>
    public HealthCheckPort? ResolveHealthCheck(ListenClaims claims, SubjectIssues issues)
    {
        foreach (var key in HealthKeys())
        {
            var keeper = claims.KeeperOf(key);
            if (keeper == HealthClaimant) continue;
            string message = $"healthCheckNodePort {key.Port} is taken by {keeper}; load balancers get no answer about this Service";
            issues.Add(IssueReasons.HealthCheckPortConflict, message, Source);
            return null;
        }

        return HealthCheck;
    }

    private IEnumerable<ListenKey> HealthKeys() => HealthCheck is not { Port: var port }
        ? []
        : [new ListenKey(IPAddress.Any, TransportProtocol.Tcp, port), new ListenKey(IPAddress.IPv6Any, TransportProtocol.Tcp, port)];
}
