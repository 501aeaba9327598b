using System.Net;
using System.Net.Sockets;
using UserProxy.Linux.PortInspection;
using UserProxy.Model;
using UserProxy.Syncing;

namespace UserProxy.Linux.Tests.PortInspection;

/// <summary>Who is said to have a TCP port, of which connections are no listeners and keep it all the same.</summary>
public sealed class PortOwnersTests : IDisposable
{
    private readonly PortOwners _owners = new(ownPid: 0, name => name);
    private readonly Socket _server = New();
    private readonly Socket _client = New();

    public PortOwnersTests()
    {
        _server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _server.Listen();
    }

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    /// <summary>The kernel keeps the port for a minute, and nobody is to be told of a process that has let go of it.</summary>
    [Fact]
    public void Find_ConnectionIsClosed_IsTheKernelsAndNewsWithoutAWalk()
    {
        _client.Bind(new IPEndPoint(IPAddress.Parse("127.0.43.7"), 0));
        _client.Connect(_server.LocalEndPoint!);
        var local = (IPEndPoint)_client.LocalEndPoint!;
        var known = new KnownHolders();
        known.Update(HoldersAt(local, withOwners: false)).ShouldBeTrue();
        known.Name(HoldersAt(local, withOwners: true));
        known.Names!.ShouldEndWith($"(pid {Environment.ProcessId}) at {local}, connected to {_server.LocalEndPoint}");
        known.Cure!.ShouldStartWith("It is free when that connection ends");

        using (var accepted = _server.Accept())
        {
            _client.Dispose();
            accepted.Receive(new byte[1]).ShouldBe(0);
        }

        SpinWait.SpinUntil(() => known.Update(HoldersAt(local, withOwners: false)), TimeSpan.FromSeconds(90)).ShouldBeTrue("another has it now");
        known.Name(HoldersAt(local, withOwners: true));
        known.Names.ShouldBe($"the kernel, which keeps closed connections at {local} for a minute (TIME_WAIT) that no process has any more");
        known.Cure.ShouldBe("It is free within a minute");
        known.Update(HoldersAt(local, withOwners: false)).ShouldBeFalse();
    }

    [Fact]
    public void Find_ConnectionsOfAListener_AreNotTold()
    {
        _client.Connect(_server.LocalEndPoint!);
        using var accepted = _server.Accept();

        foreach (bool withOwners in (bool[])[false, true])
            HoldersAt((IPEndPoint)_server.LocalEndPoint!, withOwners).ShouldHaveSingleItem().ConnectedTo.ShouldBeNull();
    }

    /// <summary>Kernels from 6.8 on list it.</summary>
    [Fact]
    public void Find_BoundWithoutListening_IsTold_AndAtItsOwnPortAlone()
    {
        _client.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var other = New();
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var holders = HoldersAt((IPEndPoint)_client.LocalEndPoint!, withOwners: true);
        Assert.SkipWhen(holders.Count == 0, "this kernel does not list it");

        holders.ShouldHaveSingleItem().ToString().ShouldEndWith($"at {_client.LocalEndPoint}, bound without listening");
        using var table = SocketTable.Open();
        table.OfPort(TransportProtocol.Tcp, ((IPEndPoint)_client.LocalEndPoint!).Port).ShouldHaveSingleItem().State.ShouldBe(SocketState.Bound);
    }

    private List<BoundSocket> HoldersAt(IPEndPoint local, bool withOwners) =>
        [.. _owners.Find(new HashSet<(TransportProtocol, int)> { (TransportProtocol.Tcp, local.Port) }, withOwners).Where(row => row.Local.Equals(local))];

    private static Socket New() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
}
