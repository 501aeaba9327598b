using System.Net;
using UserProxy.Model;

namespace UserProxy.Linux.PortInspection;

/// <summary>A socket that is bound where somebody else would be.</summary>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="Local">Where it is bound; a wildcard keeps every address.</param>
/// <param name="Owner">Null when it cannot be seen from here.</param>
public sealed record PortHolder(TransportProtocol Protocol, IPEndPoint Local, SocketOwner? Owner);
