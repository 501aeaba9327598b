namespace UserProxy.App.Servers.Admin.Messages;

/// <summary>The version that every machine-readable answer carries. Within it fields are added, never taken away or given another meaning.</summary>
internal static class ApiVersion
{
    public const string V1 = "userproxy.io/v1";
}
