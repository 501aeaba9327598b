namespace UserProxy.Scenarios.Paths;

/// <summary>The transport that Linux gets.</summary>
internal sealed class UserProxyEpollPath() : UserProxyPath(6, "epoll", "UserProxy (epoll)", "One epoll loop a core, splice; every setting at its default.")
{
    public override bool IsSmoke => true;
}
