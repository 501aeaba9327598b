using UserProxy.Model;

namespace UserProxy;

/// <summary>One wanted listener as it is now, for list, demo and start-up messages. <paramref name="Reason"/> is null while it listens.</summary>
public sealed record ListenerStatus(ListenAddress Address, ListenerState State, string? Reason);
