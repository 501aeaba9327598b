using System.Globalization;
using UserProxy.FunctionalTests.Support;

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
    public const string PodsVariable = "USERPROXY_CONFORMANCE_PODS";
    public const string PodImageVariable = "USERPROXY_CONFORMANCE_POD_IMAGE";
    public const string PatienceVariable = "USERPROXY_CONFORMANCE_PATIENCE";

    public const string DefaultPodImage = "registry.k8s.io/e2e-test-images/agnhost:2.53";

    /// <summary>The cluster to use; null for the fake API server.</summary>
    public static string? Kubeconfig => Read(KubeconfigVariable);

    /// <summary>Where the table goes when all is done; null for nowhere.</summary>
    public static string? Report => Read(ReportVariable);

    /// <summary>Clients and backends are Pods, and what is asked is the cluster's own proxy. Otherwise they are namespaces of this machine.</summary>
    public static bool Pods => Read(PodsVariable) is not null;

    public static string PodImage => Read(PodImageVariable) ?? DefaultPodImage;

    /// <summary>How long a look waits until it is as expected.</summary>
    public static TimeSpan Patience =>
        Read(PatienceVariable) is { } seconds ? TimeSpan.FromSeconds(int.Parse(seconds, CultureInfo.InvariantCulture)) : Eventually.Patience;

    /// <summary>
    /// The value of service.kubernetes.io/service-proxy-name that all Services carry. In a cluster there is one, so that its own proxies leave them alone, and
    /// the one under test everything else; null for Services without it, which the cluster's own proxies serve.
    /// </summary>
    public static string? Label => Read(LabelVariable) ?? (Kubeconfig is null || Pods ? null : "userproxy-conformance");

    private static string? Read(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
