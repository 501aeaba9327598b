using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using UserProxy.Model;
using UserProxy.Policy;

namespace UserProxy.Tests.Policy;

public sealed class NodeScopeTests
{
    private static readonly IPAddress Here = IPAddress.Parse("192.0.2.1");
    private static readonly CidrBlock Pods = new(IPAddress.Parse("10.244.3.0"), 24);

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.9.9.9", true)]
    [InlineData("::1", true)]
    [InlineData("192.0.2.1", true)]
    [InlineData("10.244.3.9", true)]
    [InlineData("10.244.4.9", false)]
    [InlineData("192.0.2.2", false)]
    [InlineData("10.96.0.1", true)]
    [InlineData("10.96.0.2", false)]
    public void IsOwnClient_AgreesWithTheBlocksOfAFilter(string text, bool own)
    {
        var client = IPAddress.Parse(text);
        var connectedTo = IPAddress.Parse("10.96.0.1");
        var scope = new NodeScope([Here], [Pods]);

        scope.IsOwnClient(client, connectedTo).ShouldBe(own);

        bool inBlocks = client.Equals(connectedTo) || scope.Blocks(client.AddressFamily).Any(block => block.Contains(client));
        inBlocks.ShouldBe(own);
    }

    [Fact]
    public void Blocks_SameAddressesInAnotherOrder_AreEqual()
    {
        IPAddress[] addresses = [Here, IPAddress.Parse("192.0.2.9"), IPAddress.Parse("fd00::1")];
        new NodeScope(addresses, []).Blocks(AddressFamily.InterNetwork).ShouldBe(new NodeScope(addresses.Reverse(), []).Blocks(AddressFamily.InterNetwork));
    }

    [Fact]
    public void Refresh_SaysWhetherSomethingChanged()
    {
        IPAddress[] now = [Here];
        var own = new OwnAddresses(() => now);
        own.Refresh().ShouldBeTrue();
        own.Refresh().ShouldBeFalse();
        own.SetPodBlocks([Pods]).ShouldBeTrue();
        own.SetPodBlocks([Pods]).ShouldBeFalse();
        own.Refresh().ShouldBeFalse();
        own.Scope.PodBlocks.ShouldBe([Pods]);

        now = [];
        own.Refresh().ShouldBeTrue();
        own.Scope.IsOwnAddress(Here).ShouldBeFalse();
        own.Scope.PodBlocks.ShouldBe([Pods]);
    }

    [Theory]
    [InlineData(typeof(NetworkInformationException))]
    [InlineData(typeof(IOException))]
    public void Refresh_InterfacesCannotBeRead_KeepsWhatWasKnown(Type exception)
    {
        bool fails = false;
        var own = new OwnAddresses(() => fails ? throw (Exception)Activator.CreateInstance(exception)! : [Here]);
        own.Refresh();
        fails = true;
        own.Refresh().ShouldBeFalse();
        own.Scope.IsOwnAddress(Here).ShouldBeTrue();
    }

    [Fact]
    public void Refresh_OfTheSystem_FindsItsAddresses()
    {
        var own = new OwnAddresses();
        own.Refresh();
        own.Scope.Addresses.ShouldContain(address => IPAddress.IsLoopback(address));
    }
}
