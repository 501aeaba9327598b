using UserProxy.Scheduling;

namespace UserProxy.Reading;

/// <summary>The running TCP connections of one endpoint in one look: their bytes, and whether they get answers. Made by <see cref="ServiceReading"/>.</summary>
/// <param name="BytesIn">Written to it.</param>
/// <param name="BytesOut">Written to its clients.</param>
/// <param name="Waiting">Those that have sent it something, had nothing back, and have waited for <see cref="EndpointState.Patience"/>.</param>
/// <param name="LongestWait">Of these.</param>
/// <param name="HeardAgo">When something moved last in one that has had an answer; null without one.</param>
internal readonly record struct EndpointTraffic(long BytesIn, long BytesOut, int Waiting, TimeSpan LongestWait, TimeSpan? HeardAgo)
{
    public EndpointTraffic With(long bytesIn, long bytesOut, TimeSpan idle)
    {
        bool waits = bytesIn > 0 && bytesOut == 0 && idle >= EndpointState.Patience;
        return new EndpointTraffic(
            BytesIn + bytesIn,
            BytesOut + bytesOut,
            Waiting + (waits ? 1 : 0),
            waits && idle > LongestWait ? idle : LongestWait,
            bytesOut > 0 && !(HeardAgo <= idle) ? idle : HeardAgo);
    }

    /// <summary>
    /// Somebody waits, or has waited, and nobody has had an answer since. An endpoint that leaves one client waiting while it answers others may do so on
    /// purpose, as with a long poll, and is not silent.
    /// </summary>
    /// <param name="endedHeardAgo">When a connection ended that had had an answer; null without one.</param>
    /// <param name="leftUnansweredAgo">When one ended that had waited in vain; null when an ended one has had an answer since.</param>
    public bool IsSilent(TimeSpan? endedHeardAgo, TimeSpan? leftUnansweredAgo)
    {
        var heard = endedHeardAgo < HeardAgo || HeardAgo is null ? endedHeardAgo : HeardAgo;
        return (Waiting > 0 && !(heard < LongestWait)) || (leftUnansweredAgo is { } left && !(heard < left));
    }
}
