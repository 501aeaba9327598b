using System.Net;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Support;
using UserProxy.Linux.PortInspection;

namespace UserProxy.Linux.Tests.PortInspection;

public sealed class CloseWaitSocketsTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task Count_ClientsThatHaveFinished_AcceptedAndNot(string text)
    {
        var address = IPAddress.Parse(text);
        Assert.SkipUnless(OperatingSystem.IsLinux(), "sock_diag is Linux's");
        Assert.SkipUnless(address.AddressFamily == AddressFamily.InterNetwork || Socket.OSSupportsIPv6, "this machine has no IPv6");
        using var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(address, 0));
        listener.Listen(7);
        bool IsOurs(IPEndPoint local) => local.Equals(listener.LocalEndPoint);
        using Socket one = Connected(), two = Connected(), open = Connected();
        Assert.SkipWhen(CloseWaitSockets.Count(IsOurs) is null, "this kernel has no sock_diag");
        CloseWaitSockets.Count(IsOurs).ShouldBe((0, 0));

        one.Shutdown(SocketShutdown.Send);
        two.Shutdown(SocketShutdown.Send);
        using var accepted = await listener.AcceptAsync(TestContext.Current.CancellationToken);

        // On loopback a FIN has arrived when shutdown returns; the client that only connected is in ESTABLISHED.
        CloseWaitSockets.Count(IsOurs).ShouldBe((1, 1));
        CloseWaitSockets.Count(_ => false).ShouldBe((0, 0));
        accepted.Close();
        // A program that another test starts has the socket as well, from fork to exec.
        await Eventually.IsTrue(() => CloseWaitSockets.Count(IsOurs) == (0, 1), "the accepted one is closed");

        Socket Connected()
        {
            var client = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            client.Connect(listener.LocalEndPoint!);
            return client;
        }
    }
}
