using System.Net;
using System.Net.Sockets;
using UserProxy.Linux.Datagrams;
using UserProxy.Linux.Kernel;
using UserProxy.Scheduling;
using UserProxy.Udp;

namespace UserProxy.Linux.Tests.Datagrams;

/// <summary>What the kernel gives and takes, against plain sockets on the other side.</summary>
public sealed class DatagramBatchTests : IDisposable
{
    private readonly DatagramBatch _batch = new();

    public static TheoryData<string> Addresses => Loopback.Addresses;

    public void Dispose() => _batch.Dispose();

    [Fact]
    public void Receive_NothingThere_IsWouldBlock()
    {
        using var handle = Loopback.Listen(IPAddress.Loopback);
        _batch.Receive(handle.Descriptor, 0, DatagramBatch.Capacity).ShouldBe(-Errno.EAGAIN);
    }

    [Theory]
    [MemberData(nameof(Addresses))]
    public void Receive_DatagramsOfAnySize_EachWithItsLengthAndSource(string text)
    {
        using var handle = Loopback.Listen(Loopback.Address(text));
        int[] lengths = [0, 1, 1_472, 1_473, 9_000, 65_507, 0];
        var clients = lengths.Select(length => Send(handle, Loopback.Payload(length))).ToList();

        ReceiveAll(handle, lengths.Length, withControl: false);

        for (int place = 0; place < lengths.Length; place++)
        {
            _batch.LengthOf(place).ShouldBe(lengths[place]);
            _batch.IsTruncated(place).ShouldBeFalse();
            _batch.SourceOf(place).ToEndPoint().ShouldBe(clients[place]);
        }
    }

    [Fact]
    public void Receive_FromAPlaceOn_LeavesThoseBeforeAlone()
    {
        using var first = Loopback.Listen(IPAddress.Loopback);
        using var second = Loopback.Listen(IPAddress.Loopback);
        var client = Send(first, [1, 2, 3]);
        var other = Send(second, [4, 5]);
        ReceiveAll(first, 1, withControl: false);

        second.WaitForInput();
        _batch.Receive(second.Descriptor, 1, DatagramBatch.Capacity).ShouldBe(1);

        (_batch.LengthOf(0), _batch.LengthOf(1)).ShouldBe((3, 2));
        _batch.SourceOf(0).ToEndPoint().ShouldBe(client);
        _batch.SourceOf(1).ToEndPoint().ShouldBe(other);
    }

    [Fact]
    public void Receive_MoreThanThereArePlaces_LeavesTheRestForNextTime()
    {
        using var handle = Loopback.Listen(IPAddress.Loopback);
        using var client = Loopback.Open(IPAddress.Loopback);
        using var target = handle.Borrow();
        for (int i = 0; i < DatagramBatch.Capacity + 5; i++) client.SendTo(new byte[i], target.LocalEndPoint!);

        ReceiveAll(handle, DatagramBatch.Capacity, withControl: false);
        _batch.LengthOf(DatagramBatch.Capacity - 1).ShouldBe(DatagramBatch.Capacity - 1);
        ReceiveAll(handle, 5, withControl: false);
        _batch.LengthOf(4).ShouldBe(DatagramBatch.Capacity + 4);
    }

    /// <summary>IP_PKTINFO and IPV6_PKTINFO: which of the node's addresses the client has written to.</summary>
    [Theory]
    [InlineData("0.0.0.0", "127.0.0.1", "127.0.0.2", "127.255.1.7")]
    [InlineData("::", "::1", "::1", "::1")]
    public void TryReadLocal_OnAWildcardSocket_IsTheAddressWrittenTo(string wildcard, params string[] locals)
    {
        using var handle = Loopback.Listen(Loopback.Address(wildcard));
        foreach (string local in locals) Send(handle, [1], IPAddress.Parse(local));

        ReceiveAll(handle, locals.Length, withControl: true);

        for (int place = 0; place < locals.Length; place++)
        {
            _batch.TryReadLocal(place, out var local).ShouldBeTrue();
            local.ToIPAddress().ShouldBe(IPAddress.Parse(locals[place]));
        }
    }

    [Fact]
    public void TryReadLocal_WithoutControl_IsNone()
    {
        using var handle = Loopback.Listen(IPAddress.Loopback);
        Send(handle, [1]);
        ReceiveAll(handle, 1, withControl: true);
        _batch.TryReadLocal(0, out _).ShouldBeFalse("this socket does not ask for it");
    }

    /// <summary>A broadcast cannot be answered from.</summary>
    [Fact]
    public void TryReadLocal_WrittenToABroadcastAddress_IsNone()
    {
        using var handle = Loopback.Listen(IPAddress.Any);
        using var client = Loopback.Open(IPAddress.Loopback);
        using var target = handle.Borrow();
        client.EnableBroadcast = true;
        try
        {
            client.SendTo([1], new IPEndPoint(IPAddress.Parse("127.255.255.255"), target.EndPointOf().Port));
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.NetworkUnreachable or SocketError.AccessDenied)
        {
            Assert.Skip("loopback has no broadcast address here");
        }

        ReceiveAll(handle, 1, withControl: true);
        _batch.TryReadLocal(0, out _).ShouldBeFalse();
    }

    [Theory]
    [MemberData(nameof(Addresses))]
    public void Send_ReceivedDatagrams_ArriveUnchangedWithoutACopy(string text)
    {
        var address = Loopback.Address(text);
        using var handle = Loopback.Listen(address);
        using var endpoint = Loopback.Open(address);
        using var sender = Loopback.Listen(address);
        int[] lengths = [0, 1, 1_473, 65_507];
        foreach (int length in lengths) Send(handle, Loopback.Payload(length));
        ReceiveAll(handle, lengths.Length, withControl: false);

        for (int place = 0; place < lengths.Length; place++)
        {
            _batch.Address(place, DatagramAddress.From(endpoint.EndPointOf()));
            _batch.Enqueue(place, place);
            _batch.TargetOf(place).ToEndPoint().ShouldBe(endpoint.EndPointOf());
        }

        SendAll(sender, lengths.Length);

        using var from = sender.Borrow();
        foreach (int length in lengths)
        {
            var (payload, source) = endpoint.Receive();
            payload.ShouldBe(Loopback.Payload(length));
            source.ShouldBe(from.EndPointOf());
        }
    }

    /// <summary>Answers of several clients leave in one call, in the order in which they were enqueued.</summary>
    [Fact]
    public void Enqueue_PlacesInAnotherOrder_EachGoesToItsOwnTarget()
    {
        using var handle = Loopback.Listen(IPAddress.Loopback);
        using var one = Loopback.Open(IPAddress.Loopback);
        using var other = Loopback.Open(IPAddress.Loopback);
        for (byte i = 0; i < 4; i++) Send(handle, [i]);
        ReceiveAll(handle, 4, withControl: false);
        int[] places = [3, 0, 2];
        for (int index = 0; index < places.Length; index++)
        {
            _batch.Address(places[index], DatagramAddress.From((index == 1 ? other : one).EndPointOf()));
            _batch.Enqueue(index, places[index]);
        }

        SendAll(handle, places.Length);

        one.Receive().Payload.ShouldBe([3]);
        one.Receive().Payload.ShouldBe([2]);
        other.Receive().Payload.ShouldBe([0]);
        one.Available.ShouldBe(0);
    }

    /// <summary>The answer leaves from the address that the client has written to, whichever of a wildcard socket's that is.</summary>
    [Theory]
    [InlineData("0.0.0.0", "127.0.0.1", "127.0.0.2", "127.9.9.9")]
    [InlineData("::", "::1")]
    public void Send_WithASource_LeavesFromThere(string wildcard, params string[] sources)
    {
        using var handle = Loopback.Listen(Loopback.Address(wildcard));
        using var server = handle.Borrow();
        foreach (string text in sources)
        {
            var source = IPAddress.Parse(text);
            using var client = Loopback.Open(IPAddress.Parse(sources[0]));
            client.SendTo([7], new IPEndPoint(source, server.EndPointOf().Port));
            ReceiveAll(handle, 1, withControl: true);
            _batch.TryReadLocal(0, out var local).ShouldBeTrue();

            _batch.Address(0, _batch.SourceOf(0), local);
            _batch.Enqueue(0, 0);
            SendAll(handle, 1);

            client.Receive().From.ShouldBe(new IPEndPoint(source, server.EndPointOf().Port));
        }
    }

    /// <summary>A place that had a source has none when it is addressed again.</summary>
    [Fact]
    public void Address_WithoutSourceAfterOneWith_ForgetsIt()
    {
        using var handle = Loopback.Listen(IPAddress.Any);
        using var client = Loopback.Open(IPAddress.Loopback);
        Send(handle, [1]);
        ReceiveAll(handle, 1, withControl: true);
        _batch.Address(0, DatagramAddress.From(client.EndPointOf()), ClientAddress.From(IPAddress.Parse("127.0.0.3")));
        _batch.Address(0, DatagramAddress.From(client.EndPointOf()));
        _batch.Enqueue(0, 0);
        SendAll(handle, 1);
        client.Receive().From.Address.ShouldBe(IPAddress.Loopback);
    }

    [Fact]
    public void Send_FirstIsRefusedByTheKernel_IsItsErrno()
    {
        using var handle = Loopback.Listen(IPAddress.Any);
        Send(handle, [1]);
        ReceiveAll(handle, 1, withControl: true);
        // TEST-NET-1 is no address of this machine.
        _batch.Address(0, _batch.SourceOf(0), ClientAddress.From(IPAddress.Parse("192.0.2.1")));
        _batch.Enqueue(0, 0);
        _batch.Send(handle.Descriptor, 0, 1).ShouldBeLessThan(0);
    }

    /// <summary>On both kinds of listeners: with the local address beside it, and alone.</summary>
    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("::1", "::1")]
    [InlineData("0.0.0.0", "127.0.0.1")]
    [InlineData("::", "::1")]
    public void Hops_AreThoseOfTheSender_AndSentAsTold(string listener, string local)
    {
        using var handle = Loopback.Listen(Loopback.Address(listener));
        using var sender = Loopback.Listen(Loopback.Address(local));
        using var target = handle.Borrow();
        var to = DatagramAddress.From(new IPEndPoint(IPAddress.Parse(local), target.EndPointOf().Port));
        using (var client = Loopback.Open(IPAddress.Parse(local)))
        {
            client.Ttl = 7;
            client.SendTo([1], to.ToEndPoint());
        }

        ReceiveAll(handle, 1, withControl: true);
        _batch.HopsOf(0).ShouldBe(7);

        _batch.Address(0, to, hops: 6);
        _batch.Enqueue(0, 0);
        SendAll(sender, 1);
        _batch.Prepare(1);
        ReceiveAll(handle, 1, withControl: true);
        _batch.HopsOf(0).ShouldBe(6);

        _batch.Address(0, to);
        _batch.Enqueue(0, 0);
        SendAll(sender, 1);
        _batch.Prepare(1);
        ReceiveAll(handle, 1, withControl: true);
        _batch.HopsOf(0).ShouldBeGreaterThan(7, "the system's own limit");
    }

    [Fact]
    public void Places_AreUsedAgain_LengthsAreThoseOfTheNewDatagrams()
    {
        using var handle = Loopback.Listen(IPAddress.Loopback);
        using var endpoint = Loopback.Open(IPAddress.Loopback);
        foreach (int length in new[] { 5_000, 3, 0, 40_000 })
        {
            Send(handle, Loopback.Payload(length));
            ReceiveAll(handle, 1, withControl: false);
            _batch.LengthOf(0).ShouldBe(length);
            _batch.Address(0, DatagramAddress.From(endpoint.EndPointOf()));
            _batch.Enqueue(0, 0);
            SendAll(handle, 1);
            endpoint.Receive().Payload.ShouldBe(Loopback.Payload(length));
            _batch.Prepare(1);
        }
    }

    /// <summary>What the kernel discards because it is not read in time is counted by the kernel.</summary>
    [Fact]
    public void ReceiveDrops_BufferOverflows_AreWhatIsMissing()
    {
        const int Sent = 500;
        using var handle = Loopback.Listen(IPAddress.Loopback);
        using var socket = handle.Borrow();
        using var client = Loopback.Open(IPAddress.Loopback);
        socket.ReceiveBufferSize = 4_096;
        Libc.ReceiveDrops(handle.Descriptor).ShouldBe(0);
        for (int i = 0; i < Sent; i++) client.SendTo(new byte[1_000], socket.LocalEndPoint!);

        int received = 0;
        SpinWait.SpinUntil(
            () =>
            {
                received += Math.Max(0, _batch.Receive(handle.Descriptor, 0, DatagramBatch.Capacity));
                return received + Libc.ReceiveDrops(handle.Descriptor) == Sent;
            },
            Loopback.Patience).ShouldBeTrue();
        received.ShouldBeLessThan(Sent, "nothing was dropped");
    }

    /// <summary>Returns the sender's address.</summary>
    private static IPEndPoint Send(FileHandle to, byte[] payload, IPAddress? address = null)
    {
        using var target = to.Borrow();
        var endpoint = target.EndPointOf();
        if (address is not null) endpoint = new IPEndPoint(address, endpoint.Port);
        else if (endpoint.Address.Equals(IPAddress.Any)) endpoint = new IPEndPoint(IPAddress.Loopback, endpoint.Port);
        using var client = Loopback.Open(endpoint.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Loopback : IPAddress.IPv6Loopback);
        client.SendTo(payload, endpoint).ShouldBe(payload.Length);
        return client.EndPointOf();
    }

    private void ReceiveAll(FileHandle handle, int count, bool withControl)
    {
        int received = 0;
        while (received < count)
        {
            handle.WaitForInput();
            int result = _batch.Receive(handle.Descriptor, received, DatagramBatch.Capacity);
            result.ShouldBeGreaterThan(0);
            received += result;
        }

        received.ShouldBe(count);
    }

    private void SendAll(FileHandle handle, int count)
    {
        for (int sent = 0; sent < count;)
        {
            int result = _batch.Send(handle.Descriptor, sent, count);
            result.ShouldBeGreaterThan(0);
            sent += result;
        }
    }
}
