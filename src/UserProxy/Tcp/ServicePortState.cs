using UserProxy.Model;
using UserProxy.Scheduling;
using UserProxy.Udp;

namespace UserProxy.Tcp;

/// <summary>
/// The mutable half of one service port: what all its listeners and connections share. The Proxier writes the snapshot; connections read
/// it once.
/// </summary>
internal sealed class ServicePortState(ServicePortName name, SchedulerCursor cursor)
{
    private volatile ServiceSnapshot? _snapshot;

    public ServicePortName Name { get; } = name;

    public SchedulerCursor Cursor { get; } = cursor;

    public LiveConnections Live { get; } = new();

    /// <summary>Null until an endpoint has left with a <c>drain</c> setting. Set by the Proxier's loop only.</summary>
    public EndpointDrain? Drain { get; set; }

    public ServiceCounters Counters { get; } = new();

    /// <summary>What only datagrams have; all zero for TCP.</summary>
    public UdpCounters Udp { get; } = new();

    /// <summary>Connections and sessions.</summary>
    public int Active => Live.Count + Udp.Active;

    /// <summary>Nothing runs and nothing is on its way.</summary>
    public bool IsIdle => Live.IsEmpty && Udp.Active == 0;

    /// <summary>Null before the first table that declares it.</summary>
    public ServiceSnapshot? Snapshot => _snapshot;

    /// <summary>The swap: one volatile write.</summary>
    public void Publish(ServiceSnapshot snapshot) => _snapshot = snapshot;
}
