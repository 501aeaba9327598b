using System.Text.Json.Nodes;

namespace UserProxy.Chart.Tests.Support;

/// <summary>
/// The schemas of Kubernetes and of the Prometheus operator, asked through <c>schemas/validate.mjs</c>. They are where <c>.ci/run</c> has put them.
/// </summary>
internal static class KubernetesSchemas
{
    private static readonly string Modules = Path.Combine(Programs.Cache, "kubernetes-schemas", "node_modules");

    /// <summary>What is wrong with the objects, a line each; unknown fields too.</summary>
    public static async Task<string> CheckAsync(IEnumerable<JsonObject> objects)
    {
        string node = Programs.Need("node");
        Assert.SkipUnless(Directory.Exists(Modules), "Kubernetes' schemas are not there (.ci/run fetches them)");
        string script = Path.Combine(Repository.Root, "tests", "UserProxy.Chart.Tests", "schemas", "validate.mjs");
        var ran = await Ran.ToItsEndAsync(node, [script, Modules], new JsonArray([.. objects.Select(item => item.DeepClone())]).ToJsonString());
        ran.ExitCode.ShouldBe(0, ran.Error);
        return ran.Output;
    }
}
