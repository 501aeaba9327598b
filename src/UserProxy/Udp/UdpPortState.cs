using UserProxy.Model;
using UserProxy.Scheduling;
using UserProxy.Serving;

namespace UserProxy.Udp;

/// <summary>A service port with the figures of its sessions, which belong to the loops.</summary>
internal sealed class UdpPortState(ServicePortName name, SchedulerCursor cursor) : ServicePortState(name, cursor)
{
    public UdpCounters Udp { get; } = new();

    public override int Active => Udp.Active;

    public override bool IsIdle => Udp.Active == 0;

    public override (long In, long Out) ReadBytes() => (Udp.BytesIn, Udp.BytesOut);

    protected override void AddBytes(long bytesIn, long bytesOut) => Udp.AddBytes(bytesIn, bytesOut);

    protected override List<long[]> CopyOwnFigures() => Udp.CopyFigures();

    protected override void AddOwnFigures(IReadOnlyList<long[]> figures) => Udp.AddFigures(figures);
}
