using System.Net.Sockets;

namespace UserProxy.Udp;

/// <summary>
/// A pool of a loop's ports; no port is in two pools. A port towards Pods may serve one session of each Pod, as no Pod can answer for another. A port towards
/// other endpoints serves one session for each port number that it sends to (docs/decisions/0053).
/// </summary>
/// <param name="Family">Of the sockets.</param>
/// <param name="OfPods">Its endpoints are known to be different hosts.</param>
public readonly record struct PoolKey(AddressFamily Family, bool OfPods)
{
    /// <summary>Its sockets have clients' addresses, each for one session (<see cref="KeptPorts"/>).</summary>
    public bool IsKept { get; init; }
}
