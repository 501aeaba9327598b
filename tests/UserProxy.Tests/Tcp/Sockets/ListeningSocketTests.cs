using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using UserProxy.FunctionalTests.Support;
using UserProxy.Serving;
using UserProxy.Tcp.Sockets;

namespace UserProxy.Tests.Tcp.Sockets;

/// <summary>Who has been let in by the kernel is served, whenever the listener is closed.</summary>
public sealed class ListeningSocketTests
{
    private const int Clients = 10;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task UnbindAsync_ClientsWaitInTheQueue_AreAcceptedAndThenItIsClosed(bool isAccepting)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        var (address, listening) = (socket.LocalEndPoint!, new ListeningSocket(socket));
        var first = isAccepting ? listening.AcceptAsync().AsTask() : null;
        var clients = Enumerable.Range(0, Clients).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)).ToList();
        foreach (var client in clients) client.Connect(address);

        await listening.UnbindAsync();
        await listening.UnbindAsync();

        var accepted = first is null ? [] : new List<Socket> { (await first).ShouldNotBeNull() };
        while (await listening.AcceptAsync() is { } client) accepted.Add(client);
        accepted.Count.ShouldBe(Clients);
        foreach (var server in accepted) server.Send("x"u8);
        foreach (var client in clients) client.Receive(new byte[1]).ShouldBe(1);
        using var late = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        Should.Throw<SocketException>(() => late.Connect(address)).SocketErrorCode.ShouldBe(SocketError.ConnectionRefused);
        await listening.UnbindAsync();
        (await listening.AcceptAsync()).ShouldBeNull();
        foreach (var each in clients.Concat(accepted)) each.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task PauseAsync_ClientsWait_UntilResume(bool isAccepting)
    {
        using var socket = Listen();
        using var listening = new ListeningSocket(socket);
        var accepting = isAccepting ? listening.AcceptAsync().AsTask() : null;

        await listening.PauseAsync();
        accepting ??= listening.AcceptAsync().AsTask();
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(socket.LocalEndPoint!);
        await Eventually.IsTrue(() => listening.HasQueue, "the client is in the queue");
        accepting.IsCompleted.ShouldBeFalse();

        listening.Resume();
        using var accepted = (await accepting).ShouldNotBeNull();
        accepted.RemoteEndPoint.ShouldBe(client.LocalEndPoint);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task UnbindAsync_AnotherProcessHasItToo_StaysInListenWithItsQueue(bool isPaused)
    {
        using var socket = Listen();
        // As the other process has it: a descriptor of its own of the same socket.
        using var other = new Socket(Duplicate(socket));
        var shared = new SocketSharing { IsShared = true };
        var listening = new ListeningSocket(socket, shared);
        var accepting = listening.AcceptAsync().AsTask();
        if (isPaused) await listening.PauseAsync();

        await listening.UnbindAsync();

        (await accepting).ShouldBeNull();
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(other.LocalEndPoint!);
        using var accepted = await other.AcceptAsync();
        // Nor does it give its accepted ones what .NET does to a socket whose operations it breaks off.
        accepted.LingerState!.Enabled.ShouldBeFalse();
    }

    private static Socket Listen()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        return socket;
    }

    private static SafeSocketHandle Duplicate(Socket socket)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "dup(2)");
        return new SafeSocketHandle(Dup((int)socket.Handle), ownsHandle: true);
    }

    [DllImport("libc", EntryPoint = "dup")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Dup(int descriptor);
}
