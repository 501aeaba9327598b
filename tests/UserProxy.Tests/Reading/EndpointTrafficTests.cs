using UserProxy.Reading;

namespace UserProxy.Tests.Reading;

/// <summary>When an endpoint is silent, and when it only leaves somebody waiting.</summary>
public class EndpointTrafficTests
{
    /// <summary>Bytes in and out of one running connection, and for how many seconds nothing has moved.</summary>
    [Theory]
    [InlineData(100, 0, 5, true)]
    [InlineData(100, 0, 4, false)]
    [InlineData(0, 0, 60, false)]
    [InlineData(100, 1, 60, false)]
    public void OneConnection_IsSilent_WhenItWaitsForItsFirstByte(long bytesIn, long bytesOut, int idle, bool isSilent)
    {
        var traffic = default(EndpointTraffic).With(bytesIn, bytesOut, Seconds(idle));

        traffic.IsSilent(null, null).ShouldBe(isSilent);
        traffic.Waiting.ShouldBe(isSilent ? 1 : 0);
    }

    /// <summary>As with a long poll: others have had answers since the oldest has begun to wait.</summary>
    [Theory]
    [InlineData(10, false)]
    [InlineData(40, true)]
    public void AnotherConnection_HasHadAnAnswerSince_ItIsNotSilent(int heardAgo, bool isSilent)
    {
        var waiting = default(EndpointTraffic).With(100, 0, Seconds(30)).With(100, 0, Seconds(6));

        waiting.With(100, 100, Seconds(heardAgo)).IsSilent(null, null).ShouldBe(isSilent);
        waiting.IsSilent(Seconds(heardAgo), null).ShouldBe(isSilent);
        waiting.Waiting.ShouldBe(2);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData(20, false)]
    [InlineData(90, true)]
    public void NoneRuns_TheLastThatWaitedInVainIsRemembered_UntilAnAnswer(int? heardAgo, bool isSilent)
    {
        var traffic = heardAgo is { } ago ? default(EndpointTraffic).With(10, 10, Seconds(ago)) : default;

        traffic.IsSilent(null, leftUnansweredAgo: Seconds(60)).ShouldBe(isSilent);
    }

    private static TimeSpan Seconds(int seconds) => TimeSpan.FromSeconds(seconds);
}
