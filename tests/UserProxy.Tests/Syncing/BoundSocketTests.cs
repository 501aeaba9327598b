using System.Net;
using UserProxy.Model;
using UserProxy.Syncing;

namespace UserProxy.Tests.Syncing;

public sealed class BoundSocketTests
{
    [Theory]
    [InlineData("127.0.43.9:80", false, "0.0.0.0:80", true)]
    [InlineData("127.0.43.9:80", false, "127.0.43.9:80", true)]
    [InlineData("127.0.43.9:80", false, "127.0.0.1:80", false)]
    [InlineData("127.0.43.9:80", false, "0.0.0.0:81", false)]
    [InlineData("0.0.0.0:80", false, "127.0.0.1:80", true)]
    [InlineData("0.0.0.0:80", false, "[::]:80", false)]
    [InlineData("[::]:80", true, "127.0.0.1:80", true)]
    [InlineData("[::]:80", false, "127.0.0.1:80", false)]
    [InlineData("[::]:80", false, "[::1]:80", true)]
    [InlineData("[fd00::9]:80", false, "[::]:80", true)]
    [InlineData("[fd00::9]:80", false, "0.0.0.0:80", false)]
    public void Blocks_IsWhatTheKernelSays(string local, bool takesIPv4, string wanted, bool expected)
    {
        var socket = new BoundSocket(TransportProtocol.Tcp, IPEndPoint.Parse(local), takesIPv4, Owner: null, IsOurs: false);

        socket.Blocks(TransportProtocol.Tcp, IPEndPoint.Parse(wanted)).ShouldBe(expected);
        socket.Blocks(TransportProtocol.Udp, IPEndPoint.Parse(wanted)).ShouldBeFalse();
    }
}
