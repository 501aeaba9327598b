using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using UserProxy.Linux.HandOver;

namespace UserProxy.Linux.Tests.HandOver;

public sealed class DescriptorChannelTests : IDisposable
{
    private readonly Socket _one, _other;
    private readonly DescriptorChannel _sender, _receiver;

    public DescriptorChannelTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "SCM_RIGHTS as Linux has it");
        using var listening = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listening.Bind(new UnixDomainSocketEndPoint($"\0userproxy-test-{Guid.NewGuid():N}"));
        listening.Listen();
        _one = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _one.Connect(listening.LocalEndPoint!);
        _other = listening.Accept();
        (_sender, _receiver) = (new DescriptorChannel(_one), new DescriptorChannel(_other));
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _sender.Dispose();
        _receiver.Dispose();
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 5)]
    [InlineData(DescriptorChannel.MostDescriptors, DescriptorChannel.LongestMessage)]
    public async Task SendAsync_ComesAsItWasSent(int descriptors, int length)
    {
        using var file = File.OpenHandle(typeof(DescriptorChannelTests).Assembly.Location);
        byte[] payload = new byte[length];
        Random.Shared.NextBytes(payload);
        var sent = Enumerable.Repeat<SafeHandle>(file, descriptors).ToList();
        var receiving = _receiver.ReceiveAsync(Cancellation);

        _sender.Send(7, payload, sent);
        _sender.Send(8, "next"u8);

        using var message = (await receiving).ShouldNotBeNull();
        message.Kind.ShouldBe((ushort)7);
        message.Payload.ShouldBe(payload);
        message.Descriptors.Count.ShouldBe(descriptors);
        foreach (var received in message.Descriptors) RandomAccess.GetLength((SafeFileHandle)received).ShouldBe(RandomAccess.GetLength(file));
        Encoding.ASCII.GetString((await _receiver.ReceiveAsync(Cancellation))!.Payload).ShouldBe("next");
    }

    [Fact]
    public async Task ReceiveAsync_OtherEndHasClosed_IsNull()
    {
        var receiving = _receiver.ReceiveAsync(Cancellation);

        _sender.Dispose();

        (await receiving).ShouldBeNull();
        Should.Throw<IOException>(() => _receiver.Send(1, []));
    }

    [Fact]
    public async Task ReceiveAsync_OtherEndHasGoneInTheMiddle_Throws()
    {
        _one.Send([100, 0, 0, 0, 1, 0, 0, 0, 1, 2, 3]);
        _sender.Dispose();

        await Should.ThrowAsync<IOException>(() => _receiver.ReceiveAsync(Cancellation));
    }

    [Theory]
    [InlineData("not a message of ours at all")]
    public async Task ReceiveAsync_NoneOfOurs_Throws(string text)
    {
        _one.Send(Encoding.ASCII.GetBytes(text));

        await Should.ThrowAsync<InvalidDataException>(() => _receiver.ReceiveAsync(Cancellation));
    }

    /// <summary>As when the receiver may not open so many: some have come, and they are not kept.</summary>
    [Fact]
    public async Task ReceiveAsync_DescriptorsAreMissing_Throws()
    {
        _one.Send([0, 0, 0, 0, 1, 0, 2, 0]);

        (await Should.ThrowAsync<InvalidDataException>(() => _receiver.ReceiveAsync(Cancellation))).Message.ShouldContain("2 descriptors were sent and 0");
    }

    [Fact]
    public void Peer_IsThisProcess()
    {
        _receiver.Peer.Pid.ShouldBe(Environment.ProcessId);
        _receiver.Peer.IsOneOfUs.ShouldBeTrue();
    }
}
