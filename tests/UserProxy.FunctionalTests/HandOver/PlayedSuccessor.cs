using System.Net.Sockets;
using UserProxy.App.Run.HandOver;
using UserProxy.FunctionalTests.Support;
using UserProxy.Linux.HandOver;

namespace UserProxy.FunctionalTests.HandOver;

/// <summary>A successor that a test plays, for the program to hand over to.</summary>
internal static class PlayedSuccessor
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<TakeoverTalk> ConnectAsync(HandOverNode node)
    {
        Socket? socket = null;
        await Eventually.IsTrue(
            () =>
            {
                socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    socket.Connect(new UnixDomainSocketEndPoint(node.TakeoverSocket));
                    return true;
                }
                catch (SocketException)
                {
                    socket.Dispose();
                    return false;
                }
            },
            "it can be taken over from");
        return new TakeoverTalk(new DescriptorChannel(socket!), TimeProvider.System);
    }

    /// <summary>What a successor says and hears.</summary>
    public static async Task TalkUntilAsync(TakeoverTalk talk, HandOverStep step)
    {
        if (step == HandOverStep.Connected) return;
        talk.Send(TakeoverWord.Hello, $"{TakeoverTalk.Greeting}{TakeoverTalk.Version}\n0.0.0");
        if (step == HandOverStep.Greeted) return;
        Keep(await talk.ReceiveAsync(Eventually.Patience, Cancellation, TakeoverWord.Welcome)).Count.ShouldBe(1);
        if (step == HandOverStep.Welcomed) return;
        talk.Send(TakeoverWord.Begin);
        if (step == HandOverStep.Begun) return;
        int sockets = 0;
        while (true)
        {
            var message = await talk.ReceiveAsync(Eventually.Patience, Cancellation, TakeoverWord.Services, TakeoverWord.Sockets, TakeoverWord.All);
            if (message.Word == TakeoverWord.All) break;
            sockets += Keep(message).Count;
            if (step == HandOverStep.SomeSockets && message.Word == TakeoverWord.Sockets) return;
            talk.Send(TakeoverWord.Taken);
        }

        sockets.ShouldBeGreaterThan(3);
        if (step == HandOverStep.AllSockets) return;
        talk.Send(TakeoverWord.Ready);
        if (step == HandOverStep.Ready) return;
        while ((await talk.ReceiveAsync(Eventually.Patience, Cancellation, TakeoverWord.Figures, TakeoverWord.Yours)).Word != TakeoverWord.Yours)
            talk.Send(TakeoverWord.Taken);
    }

    /// <summary>Closed at once: the predecessor has them still.</summary>
    private static IReadOnlyList<object> Keep(TakeoverMessage message)
    {
        foreach (var descriptor in message.Descriptors) descriptor.Dispose();
        return message.Descriptors;
    }
}
