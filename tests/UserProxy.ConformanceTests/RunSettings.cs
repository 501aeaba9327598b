namespace UserProxy.ConformanceTests;

/// <summary>
/// What a run is told: environment variables, as <c>dotnet test</c> passes no arguments on. <see cref="Program"/> sets them from its own options. KUBECONFIG is
/// not among them: whoever runs all tests of a checkout must not find Services of theirs in the cluster that their shell happens to point at.
/// </summary>
internal static class RunSettings
{
    public const string KubeconfigVariable = "USERPROXY_CONFORMANCE_KUBECONFIG";
    public const string ReportVariable = "USERPROXY_CONFORMANCE_REPORT";
    public const string LabelVariable = "USERPROXY_CONFORMANCE_LABEL";

    /// <summary>The cluster to use; null for the fake API server.</summary>
    public static string? Kubeconfig => Read(KubeconfigVariable);

    /// <summary>Where the table goes when all is done; null for nowhere.</summary>
    public static string? Report => Read(ReportVariable);

    /// <summary>
    /// The value of service.kubernetes.io/service-proxy-name that all Services carry. In a cluster there is one, so that its own proxies leave them alone, and
    /// the one under test everything else; null for Services without it.
    /// </summary>
    public static string? Label => Read(LabelVariable) ?? (Kubeconfig is null ? null : "userproxy-conformance");

    private static string? Read(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
