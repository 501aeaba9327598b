using System.Net;
using System.Net.Sockets;
using UserProxy.Scheduling;
using UserProxy.Udp;

namespace UserProxy.Tests.Udp;

public sealed class DatagramAddressTests
{
    [Theory]
    [InlineData("10.1.2.3:53", AddressFamily.InterNetwork)]
    [InlineData("0.0.0.0:0", AddressFamily.InterNetwork)]
    [InlineData("255.255.255.255:65535", AddressFamily.InterNetwork)]
    [InlineData("[2001:db8::1]:53", AddressFamily.InterNetworkV6)]
    [InlineData("[::]:0", AddressFamily.InterNetworkV6)]
    [InlineData("[::1]:1", AddressFamily.InterNetworkV6)]
    [InlineData("[fe80::1%3]:65535", AddressFamily.InterNetworkV6)]
    [InlineData("[::fffe:10.1.2.3]:53", AddressFamily.InterNetworkV6)]
    public void ToEndPoint_OfFrom_IsTheSame(string text, AddressFamily family)
    {
        var endpoint = IPEndPoint.Parse(text);
        var address = DatagramAddress.From(endpoint);
        address.Family.ShouldBe(family);
        address.ToEndPoint().ShouldBe(endpoint);
        DatagramAddress.From(address.ToEndPoint()).ShouldBe(address);
    }

    [Fact]
    public void From_MappedAddress_IsTheIPv4Address()
    {
        var mapped = DatagramAddress.From(new IPEndPoint(IPAddress.Parse("::ffff:10.1.2.3"), 53));
        mapped.ShouldBe(DatagramAddress.From(IPEndPoint.Parse("10.1.2.3:53")));
        mapped.Family.ShouldBe(AddressFamily.InterNetwork);
        mapped.ToEndPoint().ShouldBe(IPEndPoint.Parse("10.1.2.3:53"));
    }

    [Fact]
    public void From_Scope_IsPartOfTheAddress()
    {
        var three = DatagramAddress.From(IPEndPoint.Parse("[fe80::1%3]:53"));
        (three.Scope, three.ToEndPoint().Address.ScopeId).ShouldBe((3u, 3));
        three.ShouldNotBe(DatagramAddress.From(IPEndPoint.Parse("[fe80::1%4]:53")));
        DatagramAddress.From(IPEndPoint.Parse("10.1.2.3:53")).Scope.ShouldBe(0u);
    }

    [Theory]
    [InlineData("10.1.2.3")]
    [InlineData("2001:db8::7")]
    public void ClientAddress_RoundTrip_IsTheSame(string text)
    {
        var address = IPAddress.Parse(text);
        var client = ClientAddress.From(address);
        client.IsIPv4.ShouldBe(address.AddressFamily == AddressFamily.InterNetwork);
        client.ToIPAddress().ShouldBe(address);
    }

    [Fact]
    public void ClientAddress_MappedAndPlain_AreOne()
    {
        ClientAddress.From(IPAddress.Parse("::ffff:10.1.2.3")).ShouldBe(ClientAddress.FromIPv4(0x0A01_0203));
        ClientAddress.From(IPAddress.Parse("10.1.2.3")).ShouldBe(ClientAddress.FromIPv4(0x0A01_0203));
        ClientAddress.From(IPAddress.Parse("fe80::1%3")).ShouldBe(ClientAddress.From(IPAddress.Parse("fe80::1")));
    }

    /// <summary>Every part is in the hash: flows of one client, or to one address, must not share a place of the table.</summary>
    [Fact]
    public void SessionKey_Hashes_AreSpread()
    {
        var keys = new HashSet<int>();
        for (int i = 0; i < 4_000; i++)
        {
            keys.Add(UdpService.Flow(client: i).GetHashCode());
            keys.Add(UdpService.Flow(client: 1, port: 2_000 + i).GetHashCode());
            keys.Add((UdpService.Flow(1) with { Local = ClientAddress.FromIPv4(0x0B00_0000u + (uint)i) }).GetHashCode());
            keys.Add(new SessionKey(new DatagramAddress(new ClientAddress(((UInt128)0xFE80 << 112) + 1), 53, (uint)i), default).GetHashCode());
        }

        // A handful of 16,000 meet in 32 bits.
        keys.Count.ShouldBeGreaterThan(15_950);
    }

    /// <summary>Who owns a /64 may choose half of an address for each port: without a secret inside, the choice below gives all of these one hash.</summary>
    [Fact]
    public void SessionKey_AddressesChosenToCollide_AreSpread()
    {
        const ulong Network = 0x2001_0DB8_0000_0001;
        var keys = new HashSet<int>();
        for (int port = 1; port <= 10_000; port++)
        {
            ulong chosen = 0x1234_5678 ^ ClientKey.Mix(Network ^ ((ulong)port << 40));
            keys.Add(new SessionKey(new DatagramAddress(new ClientAddress(((UInt128)Network << 64) | chosen), (ushort)port), default).GetHashCode());
        }

        keys.Count.ShouldBeGreaterThan(9_950);
    }

    /// <summary>A hash that folds the two halves of a word by xor gives all of these one.</summary>
    [Fact]
    public void ClientAddress_WordsThatFoldToOne_AreSpread()
    {
        var hashes = Enumerable.Range(
            0, 10_000).Select(i => new ClientAddress(((UInt128)0x2001_0DB8 << 96) | ((ulong)i << 32) | (uint)i).GetHashCode()).ToHashSet();
        hashes.Count.ShouldBeGreaterThan(9_950);
    }

    [Fact]
    public void SessionKey_EqualParts_AreEqualAndHashAlike()
    {
        UdpService.Flow("10.1.2.3:53").ShouldBe(UdpService.Flow("[::ffff:10.1.2.3]:53"));
        UdpService.Flow("10.1.2.3:53").GetHashCode().ShouldBe(UdpService.Flow("[::ffff:10.1.2.3]:53").GetHashCode());
    }
}
