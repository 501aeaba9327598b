using UserProxy.Tracing;

namespace UserProxy.Tcp;

/// <summary>The limits of one relay, taken from the Service's settings when the connection starts.</summary>
public readonly record struct RelayOptions(TimeSpan IdleTimeout, TimeSpan HalfCloseTimeout)
{
    /// <summary>Told of the first byte each way, and of both sockets before they are closed; null for a connection that nobody follows.</summary>
    public TraceFlow? Trace { get; init; }
}
