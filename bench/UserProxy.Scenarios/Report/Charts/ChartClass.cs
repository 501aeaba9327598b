using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Report.Charts;

/// <summary>Which colour of page.css a path has: by its kind, so that it is the same in every chart.</summary>
internal static class ChartClass
{
    public static string Of(PathInfo path) => path.Kind switch
    {
        PathKind.Direct => "direct",
        PathKind.Kernel => "kernel",
        PathKind.Peer or PathKind.Ancestor => "peer",
        _ => "own",
    };
}
