using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using UserProxy.FunctionalTests.Support;
using UserProxy.Linux.Loops;
using UserProxy.Serving;
using UserProxy.Tcp;

namespace UserProxy.Linux.Tests.Loops;

/// <summary>What only this transport promises; its behaviour as a proxy is shown by the functional tests on every transport.</summary>
public abstract class LoopTransportTests(Func<int, LoopTransport> create) : IAsyncDisposable
{
    private readonly Func<int, LoopTransport> _create = create;

    private protected LoopTransport Transport { get; } = create(2);

    public async ValueTask DisposeAsync()
    {
        await Transport.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task AcceptAsync_AcceptedSocket_HasInheritedTheListenersOptions()
    {
        await using var listener = await Transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0));
        using var client = await ConnectAsync(listener.EndPoint);

        await using var accepted = (LoopConnection)(await listener.AcceptAsync())!;

        using var socket = new Socket(new SafeSocketHandle(accepted.Descriptor, ownsHandle: false));
        socket.NoDelay.ShouldBeTrue();
        ((int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.OutOfBandInline)!).ShouldBe(1);
        ((int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive)!).ShouldNotBe(0);
        ((int)socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime)!).ShouldBe(60);
        ((int)socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval)!).ShouldBe(15);
        ((int)socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount)!).ShouldBe(4);
    }

    /// <summary>How long a client was queued is taken from it.</summary>
    [Fact]
    public async Task ReadLeg_ClientThatWasSentNothing_SaysSinceWhenItIsThere()
    {
        await using var listener = await Transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0));
        using var client = await ConnectAsync(listener.EndPoint);

        await using var accepted = (LoopConnection)(await listener.AcceptAsync())!;

        await Eventually.IsTrue(() => accepted.ReadLeg()!.Value.SinceSent > TimeSpan.Zero, "its time goes on");
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task DialAsync_SendsWithTheHopsThatItIsTold_AndTheAcceptedOneKnowsThem(string address)
    {
        await using var listener = await Transport.BindAsync(new IPEndPoint(IPAddress.Parse(address), 0));
        using var client = await ConnectAsync(listener.EndPoint);
        await using var accepted = (LoopConnection)(await listener.AcceptAsync())!;

        var dial = await DialAsync(accepted, (IPEndPoint)listener.EndPoint, new DialOptions(TimeSpan.FromSeconds(90)) { Hops = 9 });

        await using var dialled = dial.Connection.ShouldNotBeNull($"the dial ended with {dial.Outcome}");
        await using var other = (LoopConnection)(await listener.AcceptAsync())!;
        other.ReadHops().ShouldBe(9);
    }

    /// <summary>
    /// The kernel tells one of all that wait for a client. One who has left, or has ended, must not be told: that client would wait for ever.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task PauseAsync_AnotherProcessHasItToo_EachClientIsTakenByThatOne(bool isUnbound)
    {
        const int clients = 40;
        var shared = new SocketSharing();
        await using var other = _create(2);
        await using var listener = await Transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), new ListenOptions { Shared = shared });
        var end = (IPEndPoint)listener.EndPoint;
        await using var heir = await other.BindAsync(end, new ListenOptions { Inherited = [Duplicate(listener.Socket!)], Shared = shared });
        var leaving = listener.AcceptAsync().AsTask();
        shared.IsShared = true;

        await listener.PauseAsync();
        // Unbound, it is closed by whoever has accepted.
        if (isUnbound)
        {
            await listener.UnbindAsync();
            (await leaving).ShouldBeNull();
            await listener.DisposeAsync();
        }

        for (int i = 0; i < clients; i++)
        {
            using var client = await ConnectAsync(end);
            await using var accepted = (await heir.AcceptAsync().AsTask().WaitAsync(Eventually.Patience)).ShouldNotBeNull();
            accepted.RemoteEndPoint.ShouldBe(client.LocalEndPoint);
        }

        if (isUnbound) return;
        leaving.IsCompleted.ShouldBeFalse();
        await heir.PauseAsync();
        using var last = await ConnectAsync(end);
        listener.Resume();
        await using var taken = (await leaving.WaitAsync(Eventually.Patience)).ShouldNotBeNull();
        taken.RemoteEndPoint.ShouldBe(last.LocalEndPoint);
    }

    private static SafeFileHandle Duplicate(SafeHandle socket) => new(Dup((int)socket.DangerousGetHandle()), ownsHandle: true);

    [DllImport("libc", EntryPoint = "dup")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Dup(int descriptor);

    [Fact]
    public async Task AcceptAsync_ManyClients_AreSharedOutOverTheLoops()
    {
        await using var listener = await Transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0));
        var clients = new List<Socket>();
        for (int i = 0; i < 64; i++)
        {
            clients.Add(await ConnectAsync(listener.EndPoint));
            (await listener.AcceptAsync()).ShouldNotBeNull();
        }

        Transport.Loops.Select(loop => loop.Connections).ShouldAllBe(count => count >= 28 && count <= 36);

        clients.ForEach(client => client.Dispose());
    }

    /// <summary>On a thread of another transport, or of datagrams: its loop may be gone before this one.</summary>
    [Fact]
    public async Task AcceptAsync_OnAForeignLoop_ClientGetsALoopOfItsOwnTransport()
    {
        await using var foreign = _create(1);
        await using var listener = await Transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0));
        using var client = await ConnectAsync(listener.EndPoint);
        var accepted = new TaskCompletionSource<LoopConnection>(TaskCreationOptions.RunContinuationsAsynchronously);

        foreign.Loops[0].Schedule(async _ => accepted.SetResult((LoopConnection)(await listener.AcceptAsync().ConfigureAwait(false))!), null);

        await using var connection = await accepted.Task;
        Transport.Loops.ShouldContain(connection.Loop);
    }

    [Fact]
    public async Task AcceptAsync_PendingWhenAClientComes_Completes()
    {
        await using var listener = await Transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0));
        for (int i = 0; i < 200; i++)
        {
            var accepting = listener.AcceptAsync().AsTask();
            using var client = await ConnectAsync(listener.EndPoint);
            await using var accepted = (TransportConnection)(await accepting.WaitAsync(TimeSpan.FromSeconds(90)))!;
            accepted.Remote.ShouldBe(client.LocalEndPoint);
            accepted.Local.ShouldBe(listener.EndPoint);
        }
    }

    [Fact]
    public async Task UnbindAsync_QueuedClients_AreStillYieldedThenNull()
    {
        await using var listener = await Transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0));
        using var first = await ConnectAsync(listener.EndPoint);
        using var second = await ConnectAsync(listener.EndPoint);

        await listener.UnbindAsync();

        (await listener.AcceptAsync()).ShouldNotBeNull();
        (await listener.AcceptAsync()).ShouldNotBeNull();
        (await listener.AcceptAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task UnbindAsync_PendingAccept_EndsWithNull()
    {
        await using var listener = await Transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0));
        var accepting = listener.AcceptAsync().AsTask();

        await listener.UnbindAsync();

        (await accepting.WaitAsync(TimeSpan.FromSeconds(90))).ShouldBeNull();
    }

    [Fact]
    public async Task BindAsync_TakenPort_ThrowsAddressAlreadyInUse()
    {
        await using var listener = await Transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0));

        var thrown = await Should.ThrowAsync<SocketException>(async () => await Transport.BindAsync(listener.EndPoint));

        thrown.SocketErrorCode.ShouldBe(SocketError.AddressAlreadyInUse);
    }

    [Fact]
    public async Task BindAsync_IPv6Wildcard_LeavesIPv4Alone()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "this machine has no IPv6");
        int port = FreePort.Next();
        await using var six = await Transport.BindAsync(new IPEndPoint(IPAddress.IPv6Any, port));

        await using var four = await Transport.BindAsync(new IPEndPoint(IPAddress.Any, port));

        ((IPEndPoint)four.EndPoint).Port.ShouldBe(port);
    }

    /// <summary>On the client's loop, as a connection does.</summary>
    private protected async Task<DialResult> DialAsync(LoopConnection client, IPEndPoint endpoint, DialOptions options, Action? whileTheLoopIsBusy = null)
    {
        var done = new TaskCompletionSource<DialResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        client.Loop.Schedule(
            async _ =>
            {
                var dialling = Transport.DialAsync(endpoint, client, options);
                whileTheLoopIsBusy?.Invoke();
                done.SetResult(await dialling.ConfigureAwait(false));
            },
            null);
        return await done.Task;
    }

    private protected static async Task<Socket> ConnectAsync(EndPoint endpoint)
    {
        var client = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(endpoint);
        return client;
    }
}
