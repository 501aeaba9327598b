using System.Net;
using UserProxy.Linux.Kernel;
using UserProxy.Linux.Netlink;
using UserProxy.Linux.Tests.Netlink;
using UserProxy.Linux.VirtualIPs;

namespace UserProxy.Linux.Tests.VirtualIPs;

public sealed class RouteMessagesTests
{
    /// <summary>Header, struct rtmsg, RTA_DST, RTA_OIF.</summary>
    private const int LongestChange = 16 + 12 + 20 + 8;

    [Theory]
    [InlineData(Bytes.OurFour, "10.96.0.1", true)]
    [InlineData(Bytes.OurSix, "fd96::1", true)]
    [InlineData(Bytes.Loopback, "127.0.0.1", false)]
    [InlineData(Bytes.Broadcast, "127.255.255.255", false)]
    public void ReadRoute_HostRoute_SaysAddressAndOwner(string bytes, string address, bool ours)
    {
        var route = ReadRoute(Bytes.Of(bytes)).ShouldNotBeNull();

        route.Address.ShouldBe(IPAddress.Parse(address));
        route.IsOurs.ShouldBe(ours);
    }

    [Theory]
    [InlineData(20, 254)] // another table
    [InlineData(16, 7)] // another family
    [InlineData(17, 24)] // a network
    [InlineData(23, 1)] // unicast
    [InlineData(25, 2)] // RTM_F_CLONED
    [InlineData(38, 99)] // no RTA_DST
    public void ReadRoute_AnythingElse_IsNone(int offset, byte value)
    {
        byte[] bytes = Bytes.Of(Bytes.OurFour);
        bytes[offset] = value;

        ReadRoute(bytes).ShouldBeNull();
    }

    /// <summary>By its type. Those that name no single host are a kind of their own: no client has one.</summary>
    [Theory]
    [InlineData(1, (int)RouteKind.Link)] // unicast
    [InlineData(2, (int)RouteKind.Local)]
    [InlineData(3, (int)RouteKind.Many)] // broadcast
    [InlineData(4, (int)RouteKind.Many)] // anycast
    [InlineData(5, (int)RouteKind.Many)] // multicast
    [InlineData(6, (int)RouteKind.None)] // blackhole
    [InlineData(7, (int)RouteKind.None)] // unreachable
    [InlineData(8, (int)RouteKind.None)] // prohibit
    public void ReadWay_ByTheTypeOfTheRoute(byte type, int expected)
    {
        byte[] bytes = Bytes.Of(Bytes.OurFour);
        bytes[23] = type;
        var messages = new NetlinkMessages(bytes);
        messages.MoveNext().ShouldBeTrue();

        ((int)RouteMessages.ReadWay(messages.Current).Kind).ShouldBe(expected);
    }

    [Fact]
    public void ReadRoute_Network_IsNone() => ReadRoute(Bytes.Of(Bytes.LoopbackNet)).ShouldBeNull();

    [Fact]
    public void ReadRoute_CutAnywhere_NeverReadsBeyond()
    {
        byte[] payload = Bytes.Of(Bytes.OurSix)[16..];
        for (int length = 0; length < payload.Length; length++)
        {
            // The destination ends at byte 40; before that there is nothing to be had.
            var route = RouteMessages.ReadRoute(payload.AsSpan(0, length));
            (route is not null).ShouldBe(length >= 40, $"{length} bytes");
        }
    }

    [Theory]
    [InlineData("10.96.0.1", "2c000000180005060700000000000000" + "02200000ff75fe0200000000" + "080001000a600001" + "0800040001000000")]
    [InlineData("fd96::1", "38000000180005060700000000000000" + "0a800000ff75000200000000" + "14000100fd960000000000000000000000000001" + "0800040001000000")]
    public void WriteChange_Add_IsExclusiveAndOurs(string address, string expected)
    {
        var buffer = new byte[LongestChange];
        buffer.AsSpan().Fill(0xaa);

        int length = RouteMessages.WriteChange(buffer, RouteChange.Add, IPAddress.Parse(address), sequence: 7);

        Convert.ToHexStringLower(buffer.AsSpan(0, length)).ShouldBe(expected);
    }

    [Fact]
    public void WriteChange_Remove_NamesOurProtocol()
    {
        var buffer = new byte[LongestChange];

        int length = RouteMessages.WriteChange(buffer, RouteChange.Remove, IPAddress.Parse("10.96.0.1"), sequence: 8);

        Convert.ToHexStringLower(buffer.AsSpan(0, length)).ShouldBe(
            "2c000000190005000800000000000000" + "02200000ff75ff0200000000" + "080001000a600001" + "0800040001000000");
    }

    [Fact]
    public void WriteDump_Ipv6_AsksForTheLocalTable()
    {
        var buffer = new byte[RouteMessages.DumpLength];

        RouteMessages.WriteDump(buffer, Libc.AF_INET6, sequence: 9);

        Convert.ToHexStringLower(buffer).ShouldBe("1c0000001a0001030900000000000000" + "0a000000ff00000000000000");
    }

    [Theory]
    [InlineData(Bytes.Exists, Errno.EEXIST, null)]
    [InlineData(Bytes.InvalidPrefix, Errno.EINVAL, "Invalid prefix length")]
    public void ReadError_Refusal_GivesErrnoAndWords(string bytes, int errno, string? words)
    {
        var messages = new NetlinkMessages(Bytes.Of(bytes));
        messages.MoveNext().ShouldBeTrue();

        RouteMessages.ReadError(messages.Current).ShouldBe((errno, words));
    }

    [Fact]
    public void ReadError_CutAnywhere_NeverReadsBeyond()
    {
        byte[] whole = Bytes.Of(Bytes.InvalidPrefix);
        for (int length = 0; length < whole.Length - 16; length++)
        {
            var message = new NetlinkMessage(RouteMessages.Error, 0x200, 0, 0, whole.AsSpan(16, length));
            RouteMessages.ReadError(message).Errno.ShouldBe(length < 20 ? Errno.EPROTO : Errno.EINVAL, $"{length} bytes");
        }
    }

    [Fact]
    public void ReadError_RepeatedLengthBeyondTheMessage_HasNoWords()
    {
        byte[] bytes = Bytes.Of(Bytes.InvalidPrefix);
        bytes.AsSpan(20, 4).Fill(0xff);

        RouteMessages.ReadError(new NetlinkMessage(RouteMessages.Error, 0x200, 0, 0, bytes.AsSpan(16))).ShouldBe((Errno.EINVAL, null));
    }

    [Theory]
    [InlineData(Errno.EPERM, "CAP_NET_ADMIN")]
    [InlineData(Errno.EEXIST, "somebody else")]
    [InlineData(Errno.EACCES, "disable_ipv6")]
    [InlineData(Errno.ENETDOWN, "ip link set lo up")]
    [InlineData(Errno.EINVAL, "Invalid argument (errno 22)")]
    public void Describe_Errno_TellsTheNextStep(int errno, string expected) => RouteFailure.Describe(errno, null).ShouldContain(expected);

    private static LocalRoute? ReadRoute(byte[] bytes)
    {
        var messages = new NetlinkMessages(bytes);
        messages.MoveNext().ShouldBeTrue();
        return RouteMessages.ReadRoute(messages.Current.Payload);
    }
}
