using System.Net;
using UserProxy.Model;

namespace UserProxy.Policy;

/// <summary>
/// A client at one of a Service's addresses: what decides which endpoints it may be given. Made by a connection, a UDP session or whoever looks.
/// </summary>
/// <param name="Kind">Of the address: it says which traffic policy applies.</param>
/// <param name="Client">Who comes.</param>
/// <param name="ConnectedTo">The local address, by which a hairpin of this node is known.</param>
internal readonly record struct Caller(ListenerKind Kind, IPAddress Client, IPAddress ConnectedTo);
