using System.Net;
using System.Net.Sockets;
using UserProxy.Model;
using UserProxy.Syncing;

namespace UserProxy.Tests.Syncing;

public sealed class ListenerSlotTests
{
    private static readonly IPEndPoint Wanted = IPEndPoint.Parse("0.0.0.0:30080");

    private readonly ListenerSlot _slot = new(TransportProtocol.Tcp, Wanted, new NodeNetwork(() => [], FindSockets: null));

    /// <summary>Each try binds one there, and the look after it may come before that is closed: the same holder was logged again with each.</summary>
    [Fact]
    public void UpdateHolders_OurSocketAtNobodysAddress_IsNoNews()
    {
        _slot.UpdateHolders([Kept(), Tried(inode: 1)], []).ShouldBeTrue("the first look");

        _slot.UpdateHolders([Kept(), Tried(inode: 2)], []).ShouldBeFalse();
        _slot.UpdateHolders([Kept()], []).ShouldBeFalse();
        _slot.HoldersAmong([Kept(), Tried(inode: 3)]).ShouldHaveSingleItem().IsKept.ShouldBeTrue();
    }

    private static BoundSocket Kept() =>
        new(TransportProtocol.Tcp, IPEndPoint.Parse("10.0.0.1:30080"), TakesIPv4: false, Owner: null, IsOurs: false)
        {
            Answers = false,
            ConnectedTo = IPEndPoint.Parse("10.0.0.2:40000"),
            IsKept = true,
        };

    private static BoundSocket Tried(ulong inode) =>
        new(
            TransportProtocol.Tcp, new IPEndPoint(NobodysAddress.Of(AddressFamily.InterNetwork), Wanted.Port), TakesIPv4: false, Owner: null, IsOurs: false)
        {
            Inode = inode,
        };
}
