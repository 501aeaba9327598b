using UserProxy.App.CommandLine;

namespace UserProxy.App.Tests.CommandLine;

/// <summary>What is typed by somebody whose fingers know kubectl, and what must stay as it was typed.</summary>
public sealed class KubectlFormsTests
{
    [Theory]
    [InlineData("-n shop list", "list -n shop")]
    [InlineData("-n list list", "list -n list")]
    [InlineData("--admin-socket /run/a.sock list web -w", "list --admin-socket /run/a.sock web -w")]
    [InlineData("--admin-socket=/run/a.sock status", "status --admin-socket=/run/a.sock")]
    [InlineData("-w -o wide list", "list -w -o wide")]
    [InlineData("-n demo list --help", "list -n demo --help")]
    [InlineData("--manifests a.yaml migrate plan", "migrate plan --manifests a.yaml")]
    [InlineData("list svc web", "list svc/web")]
    [InlineData("list -n shop svc web api", "list -n shop svc/web api")]
    [InlineData("-n shop explain Service web", "explain -n shop Service/web")]
    [InlineData("trace services web --count 1", "trace services/web --count 1")]
    [InlineData("verify --dial svc web", "verify --dial svc/web")]
    public void Replace_FormsOfKubectl_AreOurs(string typed, string parsed) => Replaced(typed).ShouldBe(parsed);

    [Theory]
    [InlineData("list")]
    [InlineData("list -n svc web")]
    [InlineData("list svc")]
    [InlineData("list svc -n shop")]
    [InlineData("list -- svc web")]
    [InlineData("list web svc")]
    [InlineData("check svc services")]
    [InlineData("sysdump svc web")]
    [InlineData("--help list")]
    [InlineData("--version list")]
    [InlineData("--no-such list")]
    [InlineData("-n list")]
    [InlineData("-w")]
    [InlineData("-n shop -- list")]
    public void Replace_AnythingElse_StaysAsItIs(string typed) => Replaced(typed).ShouldBe(typed);

    private static string Replaced(string typed) => string.Join(' ', KubectlForms.Replace(CommandTree.Create(new Cli().Surroundings), typed.Split(' ')));
}
