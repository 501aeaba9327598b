using UserProxy.Model;

namespace UserProxy.Reading;

/// <summary>What stands between one declared endpoint and new connections, beside its declaration; for explain.</summary>
/// <param name="Endpoint">As declared.</param>
/// <param name="Refusal">Why it is never dialled, in words; null when it may be.</param>
/// <param name="AsideFor">How much longer failed dials keep it aside; null when they do not.</param>
/// <param name="FailuresInARow">Failed dials since the last success.</param>
public sealed record EndpointDetail(Endpoint Endpoint, string? Refusal, TimeSpan? AsideFor, int FailuresInARow);
