using System.Net;
using System.Net.Sockets;
using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Objects;

namespace UserProxy.Kubernetes.Tests.Building;

public class NodePortAddressesTests
{
    private static readonly IPAddress[] Local =
        [.. new[] { "127.0.0.1", "10.1.2.3", "10.1.2.3", "192.168.0.5", "::1", "fd00::5", "fe80::5" }.Select(IPAddress.Parse)];

    [Theory]
    [InlineData("", "0.0.0.0", "::")]
    [InlineData("10.0.0.0/8", "10.1.2.3", "::")]
    [InlineData("10.9.9.9/8", "10.1.2.3", "::")]
    [InlineData("10.0.0.0/8,192.168.0.5/32", "10.1.2.3 192.168.0.5", "::")]
    [InlineData("10.0.0.0/8, 0.0.0.0/0", "0.0.0.0", "::")]
    [InlineData("127.0.0.0/8", "127.0.0.1", "::")]
    [InlineData("fd00::/8", "0.0.0.0", "fd00::5")]
    [InlineData("fe80::/10", "0.0.0.0", "")]
    [InlineData("::/0,10.1.2.0/23", "10.1.2.3", "::")]
    [InlineData("172.16.0.0/12", "", "::")]
    [InlineData("all", "0.0.0.0", "::")]
    [InlineData("localhost", "127.0.0.1", "::1")]
    [InlineData("localhost,10.0.0.0/8", "10.1.2.3 127.0.0.1", "::1")]
    [InlineData("localhost,all", "0.0.0.0", "::")]
    public void Resolve_Blocks_GivesWhatKubeProxyWould(string text, string four, string six)
    {
        var addresses = Parse(text);
        string.Join(' ', addresses.Resolve(AddressFamily.InterNetwork, Local, null)).ShouldBe(four);
        string.Join(' ', addresses.Resolve(AddressFamily.InterNetworkV6, Local, null)).ShouldBe(six);
    }

    /// <summary>Kubernetes 1.37 (KEP-6032) takes the word beside others.</summary>
    [Theory]
    [InlineData("primary", "10.1.2.3", "")]
    [InlineData("primary,primary", "10.1.2.3", "")]
    [InlineData("primary,localhost", "10.1.2.3 127.0.0.1", "::1")]
    [InlineData("192.168.0.0/16,primary", "10.1.2.3 192.168.0.5", "")]
    [InlineData("primary,all", "0.0.0.0", "::")]
    public void Resolve_Primary_GivesTheNodeObjectsAddressesBesideTheOthers(string text, string four, string six)
    {
        var node = new NodeObject
        {
            Metadata = new ObjectMeta { Name = "node" },
            Status = new NodeStatus
            {
                Addresses = [new NodeAddress { Type = "ExternalIP", Address = "192.0.2.1" }, new NodeAddress { Type = "InternalIP", Address = "10.1.2.3" }],
            },
        };
        var addresses = Parse(text);
        string.Join(' ', addresses.Resolve(AddressFamily.InterNetwork, Local, node)).ShouldBe(four);
        string.Join(' ', addresses.Resolve(AddressFamily.InterNetworkV6, Local, node)).ShouldBe(six);
    }

    [Fact]
    public void Resolve_NoWildcardAllowed_GivesEveryAddressAsFarAsThereIsOne()
    {
        var addresses = Parse("");
        IPAddress[] local = [IPAddress.Parse("10.0.0.2"), IPAddress.Parse("fe80::1"), IPAddress.Loopback];
        string.Join(' ', addresses.Resolve(AddressFamily.InterNetwork, local, null, allowWildcard: false)).ShouldBe("10.0.0.2 127.0.0.1");
        string.Join(' ', addresses.Resolve(AddressFamily.InterNetworkV6, local, null, allowWildcard: false)).ShouldBe("::");
    }

    [Theory]
    [InlineData("10.0.0.0")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/-1")]
    [InlineData("10.0.0.0/")]
    [InlineData("/8")]
    [InlineData("fd00::/129")]
    [InlineData("Primary")]
    [InlineData("any")]
    [InlineData("localhost:80")]
    [InlineData("::ffff:10.0.0.0/96")]
    public void TryParse_BadList_SaysWhy(string text)
    {
        NodePortAddresses.TryParse([text], out var addresses, out string? error).ShouldBeFalse();
        addresses.ShouldBeNull();
        error.ShouldNotBeNullOrEmpty();
    }

    [Theory]
    [InlineData("", false, "any")]
    [InlineData("primary", false, "primary")]
    [InlineData("0.0.0.0/0", false, "0.0.0.0/0")]
    [InlineData("10.0.0.0/8", true, "10.0.0.0/8")]
    [InlineData("primary, localhost,10.0.0.0/8", true, "primary,localhost,10.0.0.0/8")]
    [InlineData("all", false, "all")]
    public void NeedsLocalAddresses_OnlyWhenBlocksRestrict(string text, bool needed, string shown)
    {
        var addresses = Parse(text);
        addresses.NeedsLocalAddresses.ShouldBe(needed);
        addresses.ToString().ShouldBe(shown);
    }

    private static NodePortAddresses Parse(string text)
    {
        NodePortAddresses.TryParse([text], out var addresses, out string? error).ShouldBeTrue(error);
        return addresses!;
    }
}
