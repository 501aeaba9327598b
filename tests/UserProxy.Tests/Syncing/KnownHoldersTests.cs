using System.Net;
using UserProxy.Model;
using UserProxy.Syncing;

namespace UserProxy.Tests.Syncing;

public sealed class KnownHoldersTests
{
    private static readonly IPEndPoint Wanted = IPEndPoint.Parse("0.0.0.0:30080");

    private readonly KnownHolders _known = new();

    [Fact]
    public void Name_EachKindOfHolder_HasItsCure()
    {
        CureOf(Listener("nginx (pid 12)", 1)).ShouldBe("End that process, or give one of the two another port");
        CureOf(Connection(1, 40_000), Listener("nginx (pid 12)", 2)).ShouldStartWith("End that process");
        CureOf(Connection(1, 40_000)).ShouldStartWith("It is free when that connection ends");
        CureOf(Kept(40_000)).ShouldBe("It is free within a minute");
        CureOf(Listener("userproxy (pid 1)", 1) with { IsOurs = true }).ShouldBe("Give one of the two another port");
        CureOf().ShouldBeNull();
    }

    [Fact]
    public void Names_ManyOfOneKind_AreOneOrCounted()
    {
        _known.Name([Kept(40_000), Kept(40_001), Listener("nginx (pid 12)", 1)]);
        _known.Names.ShouldBe(
            "nginx (pid 12) at 0.0.0.0:30080, the kernel, which keeps closed connections at 10.0.0.1:30080 for a minute (TIME_WAIT) that no process has any "
                + "more");

        _known.Name(Enumerable.Range(1, 5).Select(pid => Listener($"nginx (pid {pid})", (ulong)pid)));
        _known.Names!.ShouldEndWith("nginx (pid 3) at 0.0.0.0:30080 and 2 more");
    }

    /// <summary>They come and go by the hundred, and each change would be a walk over all processes and a line of the log.</summary>
    [Fact]
    public void Update_OneOfManyConnectionsGoes_IsNone()
    {
        _known.Update([Connection(1, 40_000), Connection(2, 40_001), Kept(40_002)]).ShouldBeTrue();

        _known.Update([Connection(1, 40_000), Kept(40_001), Kept(40_003)]).ShouldBeFalse();
        _known.Update([Kept(40_000), Kept(40_001)]).ShouldBeTrue("no process is left");
    }

    /// <summary>It let go between the bind that failed and the look.</summary>
    [Fact]
    public void Update_NobodyIsLeft_IsNewsAtTheSecondLook()
    {
        _known.Update([]).ShouldBeTrue("the first look");
        _known.Update([Listener("nginx (pid 12)", 1)]).ShouldBeTrue();
        _known.Name([Listener("nginx (pid 12)", 1)]);

        _known.Update([]).ShouldBeFalse();
        _known.Names.ShouldNotBeNull();
        _known.Update([]).ShouldBeTrue();
        _known.Names.ShouldBeNull();
        _known.Update([]).ShouldBeFalse();
    }

    [Fact]
    public void HoldersOf_OursAlone_AreTold()
    {
        var ours = Listener("userproxy (pid 1)", 1) with { IsOurs = true, Local = IPEndPoint.Parse("127.0.0.1:30080") };
        var nginx = Listener("nginx (pid 12)", 2);

        BoundSocket.HoldersOf([ours, nginx], TransportProtocol.Tcp, Wanted).ShouldBe([nginx]);
        var told = BoundSocket.HoldersOf([ours], TransportProtocol.Tcp, Wanted).ShouldHaveSingleItem();
        told.ToString().ShouldBe("this userproxy itself, userproxy (pid 1), at 127.0.0.1:30080");
    }

    private string? CureOf(params BoundSocket[] holders)
    {
        _known.Name(holders);
        return _known.Cure;
    }

    private static BoundSocket Listener(string owner, ulong inode) =>
        new(TransportProtocol.Tcp, Wanted, TakesIPv4: false, owner, IsOurs: false) { Inode = inode };

    private static BoundSocket Connection(ulong inode, int peerPort) =>
        new(TransportProtocol.Tcp, IPEndPoint.Parse("10.0.0.1:30080"), TakesIPv4: false, "curl (pid 7)", IsOurs: false)
        {
            Inode = inode,
            Answers = false,
            ConnectedTo = new IPEndPoint(IPAddress.Parse("10.0.0.2"), peerPort),
        };

    private static BoundSocket Kept(int peerPort) => Connection(0, peerPort) with { Owner = null, IsKept = true };
}
