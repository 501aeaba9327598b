using System.Net;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Support;
using UserProxy.Linux.Datagrams;
using UserProxy.Linux.Kernel;
using UserProxy.Policy;
using UserProxy.Udp;

namespace UserProxy.Linux.Tests.Datagrams;

public sealed class ErrorQueueTests
{
    public static TheoryData<string> Addresses => Loopback.Addresses;

    /// <summary>A socket that is connected to nobody is told, because it asks (IP_RECVERR), and of whom.</summary>
    [Theory]
    [MemberData(nameof(Addresses))]
    public void TryRead_PortUnreachable_NamesTheEndpoint(string text)
    {
        var address = Loopback.Address(text);
        using var handle = new FileHandle(DatagramSetup.OpenUpstream(address.AddressFamily));
        using var socket = handle.Borrow();
        using var served = Loopback.Open(address);
        IPEndPoint[] closed = [new(address, FreePort.Next()), new(address, FreePort.Next())];

        var seen = new List<(IPEndPoint, ConnectOutcome?)>();
        foreach (var endpoint in closed)
        {
            socket.SendTo([1, 2, 3], endpoint);
            seen.Add(ReadError(handle));
        }

        seen.ShouldBe([(closed[0], ConnectOutcome.Refused), (closed[1], ConnectOutcome.Refused)]);
        ErrorQueue.TryRead(handle.Descriptor, out _, out _, out _).ShouldBeFalse("each is told once");
        socket.SendTo([4], served.EndPointOf());
        served.Receive().Payload.ShouldBe([4], "what was read is not pending any more");
    }

    [Theory]
    [MemberData(nameof(Addresses))]
    public void TryRead_NoError_IsNone(string text)
    {
        var address = Loopback.Address(text);
        using var handle = new FileHandle(DatagramSetup.OpenUpstream(address.AddressFamily));
        using var socket = handle.Borrow();
        using var served = Loopback.Open(address);
        socket.SendTo([1], served.EndPointOf());
        served.Receive();

        ErrorQueue.TryRead(handle.Descriptor, out var endpoint, out var outcome, out _).ShouldBeFalse();

        (endpoint, outcome).ShouldBe((default, null));
    }

    [Fact]
    public void TryRead_ErrorsAndAnswersTogether_NeitherIsLost()
    {
        using var handle = new FileHandle(DatagramSetup.OpenUpstream(AddressFamily.InterNetwork));
        using var socket = handle.Borrow();
        using var served = Loopback.Open(IPAddress.Loopback);
        using var batch = new DatagramBatch();
        socket.SendTo([1], served.EndPointOf());
        served.SendTo([9, 9], served.Receive().From);
        var closed = new IPEndPoint(IPAddress.Loopback, FreePort.Next());
        socket.SendTo([2], closed);

        ReadError(handle).ShouldBe((closed, ConnectOutcome.Refused));

        handle.WaitForInput();
        batch.Receive(handle.Descriptor, 0, DatagramBatch.Capacity).ShouldBe(1);
        (batch.LengthOf(0), batch.SourceOf(0).ToEndPoint()).ShouldBe((2, served.EndPointOf()));
    }

    /// <summary>
    /// The kernel may leave an error pending that has been read from the queue already; here it is one that never was in the queue. It would make every wait
    /// for the socket return at once.
    /// </summary>
    [Fact]
    public void TakeError_PendingWithAnEmptyQueue_IsClearedByIt()
    {
        using var socket = Loopback.Open(IPAddress.Loopback);
        int fd = (int)socket.SafeHandle.DangerousGetHandle();
        socket.Connect(IPAddress.Loopback, FreePort.Next());
        socket.Send([1]);
        socket.Poll(Loopback.Patience, SelectMode.SelectError).ShouldBeTrue();

        ErrorQueue.TryRead(fd, out _, out _, out _).ShouldBeFalse();
        socket.Poll(0, SelectMode.SelectError).ShouldBeTrue("reading the queue has not cleared it");
        Libc.TakeError(fd).ShouldBe(Errno.ECONNREFUSED);
        socket.Poll(0, SelectMode.SelectError).ShouldBeFalse();
        Libc.TakeError(fd).ShouldBe(0);
    }

    [Theory]
    [InlineData(Errno.ECONNREFUSED, null)]
    [InlineData(Errno.EHOSTUNREACH, ConnectOutcome.Unreachable)]
    [InlineData(Errno.ENETUNREACH, ConnectOutcome.Unreachable)]
    [InlineData(Errno.EPERM, ConnectOutcome.Unreachable)]
    [InlineData(Errno.EINVAL, ConnectOutcome.Unreachable)]
    [InlineData(Errno.ENOBUFS, null)]
    [InlineData(Errno.ENOMEM, null)]
    [InlineData(Errno.EMSGSIZE, null)]
    public void OutcomeOfSend_IsWhatItSaysOfTheEndpoint(int errno, ConnectOutcome? expected) => ErrorQueue.OutcomeOfSend(errno).ShouldBe(expected);

    /// <summary>It comes by way of the kernel's queues, even on loopback.</summary>
    private static (IPEndPoint Endpoint, ConnectOutcome? Outcome) ReadError(FileHandle handle)
    {
        DatagramAddress endpoint = default;
        ConnectOutcome? outcome = null;
        SpinWait.SpinUntil(() => ErrorQueue.TryRead(handle.Descriptor, out endpoint, out outcome, out _), Loopback.Patience).ShouldBeTrue("no error came");
        return (endpoint.ToEndPoint(), outcome);
    }
}
