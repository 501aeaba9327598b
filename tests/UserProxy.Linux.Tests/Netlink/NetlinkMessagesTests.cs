using UserProxy.Linux.Netlink;
using UserProxy.Linux.VirtualIPs;

namespace UserProxy.Linux.Tests.Netlink;

public sealed class NetlinkMessagesTests
{
    [Fact]
    public void MoveNext_SeveralMessages_YieldsEach()
    {
        var (types, malformed) = Walk(Bytes.Of(Bytes.OurFour, Bytes.OurSix, Bytes.EndOfDump));

        types.ShouldBe([RouteMessages.NewRoute, RouteMessages.NewRoute, RouteMessages.Done]);
        malformed.ShouldBeFalse();
    }

    [Fact]
    public void MoveNext_CutAnywhere_IsMalformedExceptBetweenMessages()
    {
        byte[] whole = Bytes.Of(Bytes.OurFour, Bytes.EndOfDump);
        for (int length = 0; length <= whole.Length; length++)
        {
            bool between = length is 0 or 52 || length == whole.Length;
            Walk(whole[..length]).Malformed.ShouldBe(!between, $"{length} bytes");
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(15)]
    [InlineData(53)]
    [InlineData(0xffffffff)]
    public void MoveNext_ImpossibleLength_IsMalformed(uint length)
    {
        byte[] bytes = Bytes.Of(Bytes.OurFour);
        BitConverter.TryWriteBytes(bytes, length).ShouldBeTrue();

        var (types, malformed) = Walk(bytes);

        types.ShouldBeEmpty();
        malformed.ShouldBeTrue();
    }

    [Fact]
    public void MoveNext_LastMessageWithoutPadding_IsWhole()
    {
        byte[] bytes = [.. Bytes.Of(Bytes.EndOfDump)[..18]];
        bytes[0] = 18;

        var (types, malformed) = Walk(bytes);

        types.ShouldBe([RouteMessages.Done]);
        malformed.ShouldBeFalse();
    }

    [Theory]
    [InlineData("")]
    [InlineData("0800")]
    [InlineData("03000100")] // shorter than its own header
    [InlineData("0900010001020304")] // longer than what is there
    public void Attributes_Broken_EndTheWalk(string bytes) => new NetlinkAttributes(Convert.FromHexString(bytes)).MoveNext().ShouldBeFalse();

    [Fact]
    public void Attributes_OddLengthAndFlags_AreWalked()
    {
        var attributes = new NetlinkAttributes(Convert.FromHexString("050001c0ff000000" + "04000200"));

        attributes.MoveNext().ShouldBeTrue();
        attributes.Type.ShouldBe(1);
        attributes.Value.ToArray().ShouldBe([0xff]);
        attributes.MoveNext().ShouldBeTrue();
        attributes.Type.ShouldBe(2);
        attributes.Value.IsEmpty.ShouldBeTrue();
        attributes.MoveNext().ShouldBeFalse();
    }

    [Theory]
    [InlineData(Bytes.OurFour, 24, true)]
    [InlineData(Bytes.OurFour, 25, true)]
    [InlineData(Bytes.OurFour, 28, false)] // a neighbour
    [InlineData(Bytes.LoopbackNet, 24, false)]
    public void AnyMatters_RouteChanges_AreAskedAbout(string bytes, byte type, bool expected)
    {
        byte[] datagram = Bytes.Of(bytes);
        datagram[4] = type;

        RouteEvents.AnyMatters(datagram, (route, gone, port) => route.IsOurs && gone == (type == 25) && port == 0x4153).ShouldBe(expected);
    }

    [Fact]
    public void AnyMatters_Unreadable_Matters() => RouteEvents.AnyMatters(Bytes.Of(Bytes.OurFour).AsSpan(0, 20), (_, _, _) => false).ShouldBeTrue();

    private static (List<ushort> Types, bool Malformed) Walk(byte[] bytes)
    {
        var types = new List<ushort>();
        var messages = new NetlinkMessages(bytes);
        while (messages.MoveNext()) types.Add(messages.Current.Type);
        return (types, messages.Malformed);
    }
}
