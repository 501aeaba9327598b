using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Report;

/// <summary>How one path did at one point of a metric, and what that is of those it is compared with. See <see cref="Standings"/>.</summary>
/// <param name="Path">Which.</param>
/// <param name="Sample">What it gave.</param>
/// <param name="OfDirect">Of the ceiling; null when there is nothing to divide, here and below.</param>
/// <param name="OfIptables">Of kube-proxy's way.</param>
/// <param name="OfBestPeer">Of the user-space peer that did best here.</param>
internal sealed record Standing(PathInfo Path, Sample Sample, Ratio? OfDirect, Ratio? OfIptables, Ratio? OfBestPeer)
{
    public bool HasValue => Sample.Values.Count > 0;
}
