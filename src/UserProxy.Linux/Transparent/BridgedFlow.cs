using UserProxy.Linux.PortInspection;

namespace UserProxy.Linux.Transparent;

/// <summary>A connection or session of a client's address whose answers come over a bridge: an element of the sets of <see cref="MarkScript"/>.</summary>
/// <param name="IsIPv6">Its family.</param>
/// <param name="Protocol">Of ip(7).</param>
/// <param name="Client">As <see cref="DiagMessages.KeyOf"/> has it.</param>
/// <param name="Endpoint">Likewise.</param>
/// <param name="Ports">The client's, here the local one, and the endpoint's.</param>
/// <param name="Gate">The hardware address of the bridge.</param>
internal readonly record struct BridgedFlow(bool IsIPv6, byte Protocol, UInt128 Client, UInt128 Endpoint, SocketPorts Ports, string Gate);
