namespace UserProxy.Scenarios.Paths;

/// <summary>The portable transport.</summary>
internal sealed class UserProxySocketsPath() : UserProxyPath(5, "sockets", "UserProxy (sockets)", "The portable transport: System.Net.Sockets and System.IO.Pipelines; every setting at its default.")
{
    public override bool IsQuick => false;
}
