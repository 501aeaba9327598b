using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Paths;

/// <summary>
/// Another build of the executable, by --before: what a change costs, turn by turn beside the build that has it. It counts as a peer, so that the ratios are
/// those of the change.
/// </summary>
internal sealed class UserProxyBeforePath(RunSettings settings) : UserProxyPath(
    12, new PathInfo(PathName, "UserProxy before", PathKind.Peer, "Another build, on the epoll transport; every setting at its default."), "epoll",
    settings.Before ?? "")
{
    public const string PathName = "userproxy-before";

    public override bool IsHidden => true;
}
