using System.Net.Sockets;

namespace UserProxy.Udp;

/// <summary>
/// Which of a loop's ports: no port is in two pools. Those towards Pods may serve a session of each, as a Pod cannot answer for another; one towards other
/// endpoints serves one session for each port number that it sends to (docs/decisions/0053).
/// </summary>
/// <param name="Family">Of the sockets.</param>
/// <param name="OfPods">Its endpoints are known to be different hosts.</param>
public readonly record struct PoolKey(AddressFamily Family, bool OfPods);
