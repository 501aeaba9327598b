using UserProxy.Serving;
using UserProxy.Tracing;

namespace UserProxy.Tcp;

/// <summary>
/// Joins a client and its backend: two half-duplex machines. EOF on one side shuts down the other side's write half once every byte is
/// written; RST is passed on as RST after flushing; neither side is reset by accident. Owned by one Connection; the counters
/// may be read from any thread.
/// </summary>
public abstract class Relay
{
    /// <summary>Bytes written to the backend so far.</summary>
    public abstract long BytesIn { get; }

    /// <summary>Bytes written to the client so far.</summary>
    public abstract long BytesOut { get; }

    /// <summary>Since a byte was last moved or acknowledged, as seen by a sweep twice a second. From any thread.</summary>
    public abstract TimeSpan Idle { get; }

    /// <summary>The FIN of one side has been read. From any thread.</summary>
    public abstract bool IsHalfClosed { get; }

    /// <summary>
    /// Moves bytes until both directions have ended; both connections are closed when it returns. Called once. Network failures are results;
    /// it does not throw.
    /// </summary>
    public abstract ValueTask<RelayResult> RunAsync();

    /// <summary>Ends the relay with RST to both sides, from any thread, as often as wanted; the first reason counts.</summary>
    public abstract void Reset(EndReason reason);
}

/// <summary>How a relay ended. <paramref name="BytesIn"/> went from the client to the backend, <paramref name="BytesOut"/> back.</summary>
public readonly record struct RelayResult(long BytesIn, long BytesOut, EndReason Reason);

/// <summary>The limits of one relay, taken from the Service's settings when the connection starts.</summary>
public readonly record struct RelayOptions(TimeSpan IdleTimeout, TimeSpan HalfCloseTimeout)
{
    /// <summary>Told of the first byte each way, and of both sockets before they are closed; null for a connection that nobody follows.</summary>
    public TraceFlow? Trace { get; init; }
}
