using System.Net;
using System.Runtime.InteropServices;
using UserProxy.Model;

namespace UserProxy.Serving;

/// <summary>A listening socket of a Service that a successor may have.</summary>
/// <param name="Protocol">TCP or UDP; of UDP there are several at one address.</param>
/// <param name="At">Where it is bound.</param>
/// <param name="Socket">Stays its listener's.</param>
public readonly record struct HandedSocket(TransportProtocol Protocol, IPEndPoint At, SafeHandle Socket);
