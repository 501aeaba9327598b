using Microsoft.Extensions.Logging;
using UserProxy.App.Configuration;
using UserProxy.Linux.Host;
using UserProxy.Linux.VirtualIPs;

namespace UserProxy.App.Run;

/// <summary>
/// Turns <c>--cluster-ips</c>, <c>--load-balancer-ips</c> and <c>--external-ips</c> into virtual IPs of this node, or into the reason why there are none.
/// </summary>
internal static class VirtualIPSetup
{
    /// <summary>
    /// True with virtual IPs, or with null where none are wanted or <c>auto</c> had to do without, which has been said. False, after saying why, when
    /// they were asked for and cannot be had. <paramref name="inherited"/> is the right to them, of a predecessor that has it still. WhyNone is what
    /// <c>auto</c> had to do without them for.
    /// </summary>
    public static async Task<(bool MayRun, RoutedVirtualIPs? Open, string? WhyNone)> OpenAsync(
        RunOptions options, NamespaceLock? inherited, ILogger log, TimeProvider time, CancellationToken cancellation)
    {
        bool asked = options.ClusterIPs == ClusterIPsChoice.On || options.LoadBalancerIPs || options.ExternalIPs.Count > 0;
        if (!asked && options.ClusterIPs == ClusterIPsChoice.Off) return (true, null, null);

        var opening = await RoutedVirtualIPs.OpenAsync(Settings(options, inherited), log, time, cancellation);
        if (opening.Opened is { } opened)
        {
            // Until it is ours alone.
            opened.IsLeft = inherited is not null;
            return (true, opened, null);
        }

        // Nothing is wrong: the caller was told to stop.
        if (opening.Obstacle == VirtualIPObstacle.Cancelled) return (true, null, null);

        string next = opening.Obstacle == VirtualIPObstacle.NoGuard ? $"{opening.Reason}; --allow-unguarded serves them all the same" : opening.Reason;
        if (asked) log.VirtualIPsRequired(next);
        else log.ClusterIPsDenied(next);
        return (!asked, null, next);
    }

    /// <summary>With a cluster another run follows within seconds, and its Pods go on dialling; manifests are served by somebody who may be done.</summary>
    private static VirtualIPOptions Settings(RunOptions options, NamespaceLock? inherited) =>
        new() { AllowUnguarded = options.AllowUnguarded, RemoveAtEnd = options.Manifests.Count > 0, Inherited = inherited };
}
