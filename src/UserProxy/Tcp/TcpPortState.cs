using UserProxy.Model;
using UserProxy.Scheduling;
using UserProxy.Serving;

namespace UserProxy.Tcp;

/// <summary>A service port with its connections.</summary>
internal sealed class TcpPortState(ServicePortName name, SchedulerCursor cursor) : ServicePortState(name, cursor)
{
    public LiveConnections Live { get; } = new();

    /// <summary>Null until an endpoint has left with a <c>drain</c> setting. Set by the Proxier's loop only.</summary>
    public EndpointDrain? Drain { get; set; }

    public override int Active => Live.Count;

    public override bool IsIdle => Live.IsEmpty;

    public override (long In, long Out) ReadBytes() => Live.ReadBytes();

    protected override void AddBytes(long bytesIn, long bytesOut) => Live.AddEnded(bytesIn, bytesOut);
}
