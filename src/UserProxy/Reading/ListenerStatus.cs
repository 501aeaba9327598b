using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Serving;

namespace UserProxy.Reading;

/// <summary>One wanted listener as it is now, for list, demo and start-up messages.</summary>
/// <param name="Address">Where.</param>
/// <param name="State">What clients meet.</param>
/// <param name="Reason">Null while it listens on all that it stands for.</param>
/// <param name="Queue">The accept queue; null for UDP, while it is not in LISTEN, and where the system does not tell.</param>
public sealed record ListenerStatus(ListenAddress Address, ListenerState State, string? Reason, AcceptQueue? Queue = null);
