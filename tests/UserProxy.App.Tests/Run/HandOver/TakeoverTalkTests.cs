using Microsoft.Win32.SafeHandles;
using UserProxy.App.Run.HandOver;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.App.Tests.Run.HandOver;

/// <summary>What both ends know of each other when patience ends, or one of them has closed.</summary>
public sealed class TakeoverTalkTests
{
    public TakeoverTalkTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "descriptors as Linux passes them");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>A process that was held is told at once that its time is up and what has come meanwhile.</summary>
    [Fact]
    public async Task ReceiveOrRefuseAsync_SentBeforePatienceEnds_IsReceived()
    {
        using var pair = new TalkingPair(new NoPatience());
        pair.Other.Send(TakeoverWord.Mine);

        (await pair.One.ReceiveOrRefuseAsync(TakeoverWord.Mine, TakeoverTalk.Patience, Cancellation)).Word.ShouldBe(TakeoverWord.Mine);
    }

    [Fact]
    public async Task ReceiveOrRefuseAsync_SentTooLate_CannotBeSent()
    {
        using var pair = new TalkingPair(new NoPatience());

        var silence = await Should.ThrowAsync<TakeoverException>(
            () => pair.One.ReceiveOrRefuseAsync(TakeoverWord.Mine, TakeoverTalk.Patience, Cancellation));

        silence.IsSilence.ShouldBeTrue();
        Should.Throw<PeerGoneException>(() => pair.Other.Send(TakeoverWord.Mine));
        pair.One.Abandon("too late");
        (await Should.ThrowAsync<TakeoverException>(() => pair.Other.ReadToEndAsync(Cancellation))).Message.ShouldBe("too late");
    }

    [Fact]
    public async Task ReadToEndAsync_OtherEndHasClosed_Returns()
    {
        using var pair = new TalkingPair(TimeProvider.System);
        pair.Other.Send(TakeoverWord.All);
        pair.Other.Dispose();

        await pair.One.ReadToEndAsync(Cancellation);
    }

    /// <summary>Of a closed socket, too, which has an error besides: it has not read all that was said to it.</summary>
    [Fact]
    public async Task ReadToEndAsync_OtherEndHasGivenUpAndClosed_SaysWhy()
    {
        using var pair = new TalkingPair(TimeProvider.System);
        pair.One.Send(TakeoverWord.Taken);
        pair.Other.Abandon("no more");
        pair.Other.Dispose();
        // A program that another test starts has a copy of the socket between its fork and its exec.
        await Eventually.IsTrue(
            () =>
            {
                try
                {
                    pair.One.Send(TakeoverWord.Ready);
                    return false;
                }
                catch (PeerGoneException)
                {
                    return true;
                }
            },
            "the other end is closed");

        (await Should.ThrowAsync<TakeoverException>(() => pair.One.ReadToEndAsync(Cancellation))).Message.ShouldBe("no more");
    }

    [Fact]
    public async Task ReceiveAsync_DescriptorsWithAWordThatHasNone_AreClosed()
    {
        using var file = File.OpenHandle("/dev/null");
        using var pair = new TalkingPair(TimeProvider.System);
        pair.Other.Send(TakeoverWord.All, "", file);

        var message = await pair.One.ReceiveAsync(TakeoverTalk.Patience, Cancellation, TakeoverWord.All);

        message.Descriptors.ShouldHaveSingleItem().IsClosed.ShouldBeTrue();
    }

    [Fact]
    public void ReadSockets_MoreThanLines_AreClosed()
    {
        var (named, spare) = (new SafeFileHandle(-1, ownsHandle: false), new SafeFileHandle(-1, ownsHandle: false));
        var message = new TakeoverMessage(TakeoverWord.Sockets, "tcp 127.0.0.1:1"u8.ToArray(), [named, spare]);

        message.ReadSockets().ShouldBe([("tcp 127.0.0.1:1", named)]);

        (named.IsClosed, spare.IsClosed).ShouldBe((false, true));
    }

    /// <summary>Its timers have fired when they are made, as those of a process that was held.</summary>
    private sealed class NoPatience : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime != Timeout.InfiniteTimeSpan) callback(state);
            return base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, period);
        }
    }
}
