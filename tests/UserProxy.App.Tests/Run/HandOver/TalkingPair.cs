using System.Net.Sockets;
using UserProxy.App.Run.HandOver;
using UserProxy.Linux.HandOver;

namespace UserProxy.App.Tests.Run.HandOver;

/// <summary>Both ends of a conversation.</summary>
internal sealed class TalkingPair : IDisposable
{
    /// <param name="time">Of <see cref="One"/>.</param>
    public TalkingPair(TimeProvider time)
    {
        using var listening = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listening.Bind(new UnixDomainSocketEndPoint($"\0userproxy-test-{Guid.NewGuid():N}"));
        listening.Listen();
        var one = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        one.Connect(listening.LocalEndPoint!);
        (One, Other) = (new TakeoverTalk(new DescriptorChannel(one), time), new TakeoverTalk(new DescriptorChannel(listening.Accept()), TimeProvider.System));
    }

    public TakeoverTalk One { get; }

    public TakeoverTalk Other { get; }

    public void Dispose()
    {
        One.Dispose();
        Other.Dispose();
    }
}
