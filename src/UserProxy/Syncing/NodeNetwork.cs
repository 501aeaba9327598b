using System.Net;
using UserProxy.Model;

namespace UserProxy.Syncing;

/// <summary>
/// What is asked of the system when a port cannot be had on all addresses of the node. Never on the data path; from any thread; neither throws.
/// </summary>
/// <param name="ReadAddresses">The node's addresses now, loopback as well: those that a wildcard address stands for.</param>
/// <param name="FindSockets">
/// The sockets bound to these ports, with their processes if the second argument says so, which takes a walk over all of them; null where the system does not
/// tell.
/// </param>
public sealed record NodeNetwork(
    Func<IReadOnlyList<IPAddress>> ReadAddresses, Func<IReadOnlySet<(TransportProtocol Protocol, int Port)>, bool, IReadOnlyList<BoundSocket>>? FindSockets)
{
    /// <summary>How often it is looked whether a wildcard that is spread over the node's addresses can be had again, and whether those are the same.</summary>
    public TimeSpan LookEvery { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause until a port that is taken is tried again: it has to be had within 2 s of its release.</summary>
    public TimeSpan LongestRetry { get; init; } = TimeSpan.FromSeconds(1.6);

    /// <summary>As <see cref="FindSockets"/>; nothing where the system does not tell.</summary>
    public IReadOnlyList<BoundSocket> Find(IEnumerable<(TransportProtocol Protocol, int Port)> ports, bool withOwners) =>
        FindSockets?.Invoke(ports.ToHashSet(), withOwners) ?? [];
}
