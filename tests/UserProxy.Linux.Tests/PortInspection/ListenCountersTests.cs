
using UserProxy.Linux.PortInspection;

namespace UserProxy.Linux.Tests.PortInspection;

public sealed class ListenCountersTests
{
    [Fact]
    public void Parse_FindsTheColumnsByName() =>
        ListenCounters.Parse(["TcpExt: TW ListenOverflows ListenDrops X", "TcpExt: 1 31 32 4", "IpExt: A", "IpExt: 1"]).ShouldBe(new ListenCounters(31, 32));

    [Theory]
    [InlineData("")]
    [InlineData("TcpExt: ListenOverflows ListenDrops")]
    [InlineData("TcpExt: ListenOverflows ListenDrops\nTcpExt: 1")]
    [InlineData("TcpExt: A\nTcpExt: 1")]
    public void Parse_NotThere_IsNone(string text) => ListenCounters.Parse(text.Split('\n')).ShouldBeNull();

    [Fact]
    public void Read_ThisKernel_TellsThem() => ListenCounters.Read().ShouldNotBeNull();
}
