using System.Net;
using UserProxy.Model;

namespace UserProxy.Tracing;

/// <summary>
/// Where new connections and UDP sessions are told of as they go on, for those who follow them: at most <see cref="MostReaders"/> at a time. Connections ask it
/// once whether anybody does; those that nobody follows tell nothing. Readers open and close on any thread.
/// </summary>
public sealed class TraceFeed(TimeProvider time)
{
    public const int MostReaders = 4;

    private readonly Lock _lock = new();
    private volatile TraceReader[] _readers = [];
    private long _flows;

    /// <summary>Somebody follows. One volatile read, which is what a connection pays for that nobody does.</summary>
    public bool IsRead => _readers.Length > 0;

    /// <summary>Followed from now on, until it is disposed of; null when there are too many already.</summary>
    public TraceReader? TryOpen(TraceFilter filter)
    {
        lock (_lock)
        {
            if (_readers.Length == MostReaders) return null;
            var reader = new TraceReader(this, filter, time);
            _readers = [.. _readers, reader];
            return reader;
        }
    }

    internal void Close(TraceReader reader)
    {
        lock (_lock) _readers = [.. _readers.Where(other => other != reader)];
    }

    /// <summary>For a new connection or session; null when nobody follows such a one.</summary>
    /// <param name="port">What is declared.</param>
    /// <param name="kind">By which of its addresses it came.</param>
    /// <param name="client">Who it is, as a load balancer has told if one has.</param>
    /// <param name="listener">The address that it came to.</param>
    /// <param name="toldBy">That load balancer.</param>
    /// <param name="startedAt">Timestamp of its arrival.</param>
    internal TraceFlow? Begin(ServicePort port, ListenerKind kind, IPEndPoint client, IPEndPoint listener, IPEndPoint? toldBy, long startedAt)
    {
        var readers = Array.FindAll(_readers, reader => reader.TryTake(port, client, toldBy));
        return readers.Length == 0
            ? null
            : new TraceFlow(readers, Interlocked.Increment(ref _flows), port.Name, kind, client, listener, toldBy, startedAt, time);
    }
}
