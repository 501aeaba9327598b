using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.App.Run;
using UserProxy.Tcp.Sockets;

namespace UserProxy.App.Tests.Run;

public sealed class MemoryWatchTests
{
    private const long Limit = 160 << 20;

    [Fact]
    public async Task Look_HardlyAnythingIsLeft_NobodyIsLetInUntilThereIsMore()
    {
        var time = new SteppedTime();
        await using var transport = new SocketTransport();
        var proxier = new Proxier(transport, new ProxyOptions(), time, NullLogger<Proxier>.Instance);
        long used = 0;
        int collected = 0;
        await using var watch = new MemoryWatch(proxier, () => (used, Limit), () => collected++, NullLogger.Instance, time);

        Look(Limit * 7 / 8);
        proxier.Memory.IsShort.ShouldBeFalse();
        Look((Limit * 7 / 8) + 1);
        (proxier.Memory.IsShort, proxier.Memory.MayKeep).ShouldBe((true, false));
        for (int i = 0; i < 30; i++) Look(Limit);
        collected.ShouldBe(1, "once in 10 s");
        for (int i = 0; i < 30; i++) Look(Limit);
        collected.ShouldBe(2);
        Look(Limit * 7 / 8);
        proxier.Memory.IsShort.ShouldBeTrue("not at once");
        Look(Limit * 3 / 4);
        (proxier.Memory.IsShort, proxier.Memory.MayKeep).ShouldBe((false, true));

        void Look(long now)
        {
            used = now;
            watch.Look();
            time.Now += TimeSpan.FromMilliseconds(250);
        }
    }

    /// <summary>A clock that stands; its timers are the system's.</summary>
    private sealed class SteppedTime : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
