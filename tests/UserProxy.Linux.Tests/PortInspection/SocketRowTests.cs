using System.Net;
using UserProxy.Linux.PortInspection;

namespace UserProxy.Linux.Tests.PortInspection;

public sealed class SocketRowTests
{
    [Theory]
    [InlineData("0.0.0.0", null, "127.0.0.1", true)]
    [InlineData("0.0.0.0", null, "::1", false)]
    [InlineData("::", false, "10.0.0.1", true)]
    [InlineData("::", null, "10.0.0.1", true)]
    [InlineData("::", true, "10.0.0.1", false)]
    [InlineData("::", true, "fd00::1", true)]
    [InlineData("10.0.0.1", null, "10.0.0.1", true)]
    [InlineData("10.0.0.1", null, "10.0.0.2", false)]
    public void Takes_AnAddress_AsTheKernelWould(string bound, bool? sixOnly, string address, bool expected)
    {
        var row = new SocketRow(SocketState.Listen, new IPEndPoint(IPAddress.Parse(bound), 80), new IPEndPoint(IPAddress.Any, 0), 0, 128, 0, 1)
        {
            IPv6Only = sixOnly,
        };

        row.Takes(IPAddress.Parse(address)).ShouldBe(expected);
    }

    [Theory]
    [InlineData(SocketState.Established, 0, true, false)]
    [InlineData(SocketState.CloseWait, 0, true, false)]
    [InlineData(SocketState.CloseWait, 5, false, false)]
    [InlineData(SocketState.Established, 5, false, false)]
    [InlineData(SocketState.SynReceived, 0, false, false)]
    [InlineData(SocketState.FinWait2, 0, false, true)]
    [InlineData(SocketState.LastAck, 0, false, true)]
    [InlineData(SocketState.FinWait1, 5, false, false)]
    [InlineData(SocketState.Listen, 0, false, false)]
    public void WhoHasIt_FollowsFromStateAndInode(SocketState state, ulong inode, bool unaccepted, bool closed)
    {
        var row = new SocketRow(state, new IPEndPoint(IPAddress.Any, 80), new IPEndPoint(IPAddress.Any, 0), 0, 0, 0, inode);

        (row.IsUnaccepted, row.WasClosed).ShouldBe((unaccepted, closed));
    }
}
