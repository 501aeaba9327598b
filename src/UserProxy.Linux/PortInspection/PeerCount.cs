using System.Net;

namespace UserProxy.Linux.PortInspection;

/// <summary>The connections of one client address.</summary>
/// <param name="Address">Of the client.</param>
/// <param name="Connections">In any state but TIME_WAIT.</param>
/// <param name="CloseWait">Those of them that the client has left, and nobody here has closed.</param>
/// <param name="UnreadBytes">What it has sent and nobody has read; a FIN counts as one.</param>
public readonly record struct PeerCount(IPAddress Address, int Connections, int CloseWait, long UnreadBytes);
