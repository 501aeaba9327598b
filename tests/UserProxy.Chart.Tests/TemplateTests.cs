using UserProxy.Chart.Tests.Support;
using UserProxy.FakeApiServer;

namespace UserProxy.Chart.Tests;

/// <summary>What helm makes of each case's values: the same for every version of Kubernetes, as expected, and as Kubernetes takes it.</summary>
public class TemplateTests
{
    public static TheoryData<string> Cases => ValuesCase.Names;

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Template_EachVersionOfKubernetes_IsAsExpected(string name)
    {
        var values = new ValuesCase(name);
        foreach (int minor in Enumerable.Range(28, 8))
        {
            var ran = await Helm.RunAsync(
                ["template", ChartFolder.Release, ChartFolder.Path, "--namespace", ChartFolder.Namespace, "--kube-version", $"1.{minor}.0",
                    .. values.Arguments]);
            ran.ExitCode.ShouldBe(0, ran.Error);
            values.ShouldBeAs("expected.yaml", ran.Output);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Lint_Strict_IsContent(string name)
    {
        var ran = await Helm.RunAsync(["lint", "--strict", ChartFolder.Path, "--namespace", ChartFolder.Namespace, .. new ValuesCase(name).Values]);
        ran.ExitCode.ShouldBe(0, ran.Output + ran.Error);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Objects_AgainstKubernetesSchemas_HaveNoFault(string name)
    {
        var objects = await ChartFolder.ObjectsAsync(new ValuesCase(name).Arguments);
        objects.Count.ShouldBeGreaterThan(1);
        (await KubernetesSchemas.CheckAsync(objects)).ShouldBe("");
    }

    /// <summary>The check above can fail: on a wrong type, and on a name that no schema has.</summary>
    [Fact]
    public async Task Schemas_WrongTypeOrUnknownField_AreSaid()
    {
        string text = await ChartFolder.RenderAsync();
        string wrong = text.Replace("hostNetwork: true", "hostNetwerk: true", StringComparison.Ordinal).Replace(
            "automountServiceAccountToken: false", "automountServiceAccountToken: often", StringComparison.Ordinal);
        string said = await KubernetesSchemas.CheckAsync(YamlToJson.Objects(wrong));
        said.ShouldContain("ServiceAccount userproxy: data/automountServiceAccountToken must be boolean");
        said.ShouldContain("DaemonSet userproxy: unknown fields .spec.template.spec.hostNetwerk");
    }

    [Fact]
    public async Task Template_OlderKubernetes_IsRefused()
    {
        var ran = await ChartFolder.TemplateAsync("--kube-version", "1.27.9");
        ran.ExitCode.ShouldNotBe(0);
        ran.Error.ShouldContain(">=1.28.0-0");
    }

    [Fact]
    public void Cases_AreThere() => Cases.Count.ShouldBeGreaterThan(9);
}
