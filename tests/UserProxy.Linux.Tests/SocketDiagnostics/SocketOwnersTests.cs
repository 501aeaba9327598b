using System.Net;
using System.Net.Sockets;
using UserProxy.Linux.SocketDiagnostics;
using UserProxy.Model;

namespace UserProxy.Linux.Tests.SocketDiagnostics;

public sealed class SocketOwnersTests
{
    [Fact]
    public void Find_OwnSocket_NamesThisProcess()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var table = SocketTable.Open();
        ulong inode = table.OfPort(TransportProtocol.Tcp, ((IPEndPoint)listener.LocalEndpoint).Port).Single(row => row.Local.Equals(listener.LocalEndpoint)).Inode;

        var owner = SocketOwners.Find(new HashSet<ulong> { inode }, CancellationToken.None).Of(inode).ShouldHaveSingleItem();

        owner.Pid.ShouldBe(Environment.ProcessId);
        owner.Name.ShouldBe(File.ReadAllText("/proc/self/comm").Trim());
        owner.Descriptors.ShouldBeGreaterThan(3);
        owner.DescriptorLimit.ShouldNotBeNull().ShouldBeGreaterThan(owner.Descriptors);
    }

    [Fact]
    public void Find_NobodysSocket_IsEmpty() => SocketOwners.Find(new HashSet<ulong> { ulong.MaxValue }, CancellationToken.None).Of(ulong.MaxValue).ShouldBeEmpty();

    [Fact]
    public void Find_OutOfTime_IsIncomplete() =>
        SocketOwners.Find(new HashSet<ulong> { 1 }, new CancellationToken(canceled: true)).IsIncomplete.ShouldBeTrue();

    [Fact]
    public void Find_NoProc_IsEmpty() => SocketOwners.Find(new HashSet<ulong> { 1 }, CancellationToken.None, "/nonexistent").Of(1).ShouldBeEmpty();
}
