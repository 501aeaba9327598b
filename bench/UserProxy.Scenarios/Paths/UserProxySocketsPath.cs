using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Paths;

/// <summary>The portable transport.</summary>
internal sealed class UserProxySocketsPath(RunSettings settings) : UserProxyPath(
    8, new PathInfo(
        "userproxy-sockets", "UserProxy (sockets)", PathKind.Own,
        "The portable transport: System.Net.Sockets and System.IO.Pipelines; every setting at its default."), "sockets", settings.Executable)
{
    public override bool IsQuick => false;
}
