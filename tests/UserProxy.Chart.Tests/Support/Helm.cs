namespace UserProxy.Chart.Tests.Support;

/// <summary>helm(1), without a cluster, a network or a home folder of anybody.</summary>
internal static class Helm
{
    private static readonly string Home = Path.Combine(AppContext.BaseDirectory, "helm-home");

    private static readonly Dictionary<string, string> Variables = new()
    {
        ["HELM_CACHE_HOME"] = Path.Combine(Home, "cache"),
        ["HELM_CONFIG_HOME"] = Path.Combine(Home, "config"),
        ["HELM_DATA_HOME"] = Path.Combine(Home, "data"),
        // No cluster is asked, whatever the user of this machine has.
        ["KUBECONFIG"] = Path.Combine(Home, "no-kubeconfig"),
    };

    public static void SkipWithout() => Programs.Need("helm");

    public static Task<Ran> RunAsync(params IEnumerable<string> arguments) => Ran.ToItsEndAsync(Programs.Need("helm"), arguments, variables: Variables);
}
