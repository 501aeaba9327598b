using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Paths;

/// <summary>The transport that Linux gets.</summary>
internal sealed class UserProxyEpollPath(RunSettings settings) : UserProxyPath(
    9, new PathInfo("userproxy-epoll", "UserProxy (epoll)", PathKind.Own, "One epoll loop a core, splice; every setting at its default."), "epoll",
    settings.Executable)
{
    public override bool IsSmoke => true;
}
