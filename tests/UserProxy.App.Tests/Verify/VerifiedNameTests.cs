using System.Text.Json;
using UserProxy.App.CommandLine;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.App.Tests.Verify;

/// <summary>How the Service of <c>verify</c> is named: by its namespace, or as kubectl names it with -n.</summary>
public sealed class VerifiedNameTests
{
    [Theory]
    [InlineData("web")]
    [InlineData("a/b/c")]
    public async Task NameWithoutANamespace_IsRefused_WithBothWaysToSayIt(string name)
    {
        var cli = new Cli();

        (await cli.RunAsync("verify", name)).ShouldBe(ExitCode.BadUsage);

        cli.Error.ToString().ShouldContain(
            $"'{name}': expected NAMESPACE/NAME[:PORT], such as default/web or default/web:80, or svc/web with -n default");
    }

    /// <summary>A namespace may be called as kubectl calls the kind.</summary>
    [Theory]
    [InlineData("svc/web", "svc", true)]
    [InlineData("svc/web -n svc", "svc", true)]
    [InlineData("web -n svc", "svc", true)]
    [InlineData("svc/web -n demo", "demo", false)]
    public async Task Kind_IsOneOnlyBesideANamespace(string arguments, string space, bool isServed)
    {
        await using var proxy = new AskedProxy();
        await proxy.StartAsync(Manifests.Service("web", FreePort.Next()).Replace("namespace: default", "namespace: svc", StringComparison.Ordinal));

        var verified = await VerifyAsync(proxy, arguments);

        verified.GetProperty("namespace").GetString().ShouldBe(space);
        verified.GetProperty("name").GetString().ShouldBe("web");
        verified.GetProperty("steps")[0].GetProperty("verdict").GetString().ShouldBe(isServed ? "ok" : "failed");
    }

    [Fact]
    public async Task KindWithoutANamespace_ThatIsNoServiceOfIt_SaysHowToNameIt()
    {
        await using var proxy = new AskedProxy();
        await proxy.StartAsync(Manifests.Service("web", FreePort.Next()));

        (await VerifyAsync(proxy, "svc/web")).GetProperty("firstCause").GetProperty("next").GetString().ShouldBe(
            "if svc/ is meant as the kind and not as the namespace: userproxy verify svc/web -n NAMESPACE");
    }

    private static async Task<JsonElement> VerifyAsync(AskedProxy proxy, string arguments)
    {
        var (_, printed, _) = await proxy.AskAsync($"verify {arguments} -o json");
        using var json = JsonDocument.Parse(printed);
        return json.RootElement.Clone();
    }
}
