using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.Linux.Epoll;
using UserProxy.Linux.Kernel;
using UserProxy.Linux.Tests.Loops;

namespace UserProxy.Linux.Tests.Epoll;

public sealed class EpollRelayTests() : LoopRelayTests(EpollTransport.Create(1, NullLogger.Instance))
{
    /// <summary>
    /// The kernel tells an error once. A write that took it and kept it to itself (a splice that had moved something) leaves an end of stream that looks like a
    /// FIN.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task BackendResets_AndItsErrorIsLost_ClientIsReset(bool beforeEpollSaysSo)
    {
        using var pair = await ConnectAsync("");
        await pair.RunAsync();
        var backend = pair.Dialled;
        backend.Loop.Schedule(
            _ =>
            {
                pair.Backend.LingerState = new LingerOption(true, 0);
                pair.Backend.Dispose();
                SpinWait.SpinUntil(() => IsClosed(backend.Descriptor));
                Libc.TakeError(backend.Descriptor);
                if (beforeEpollSaysSo) backend.OnEvents(backend.Loop, Libc.EPOLLIN);
            },
            null);

        var end = await Should.ThrowAsync<SocketException>(async () => await pair.Client.ReceiveAsync(new byte[1]));

        end.SocketErrorCode.ShouldBe(SocketError.ConnectionReset);
    }
}
