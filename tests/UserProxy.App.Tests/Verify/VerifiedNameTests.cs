using System.Text.Json;
using UserProxy.App.CommandLine;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.App.Tests.Verify;

/// <summary>How the Service of <c>verify</c> is named: by its namespace, or as kubectl names it with -n.</summary>
public sealed class VerifiedNameTests
{
    [Fact]
    public async Task WhatIsNoName_IsRefused_WithTheWaysToSayIt()
    {
        var cli = new Cli();

        (await cli.RunAsync("verify", "a/b/c")).ShouldBe(ExitCode.BadUsage);

        cli.Error.ToString().ShouldContain(
            "'a/b/c': expected [NAMESPACE/]NAME[:PORT] or the number of a port, such as default/web, web:80 or 30080");
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
    public async Task KindWithoutANamespace_IsTheServiceOfThatName()
    {
        await using var proxy = new AskedProxy();
        await proxy.StartAsync(Manifests.Service("web", FreePort.Next()));

        (await VerifyAsync(proxy, "svc/web")).GetProperty("namespace").GetString().ShouldBe("default");
    }

    private static async Task<JsonElement> VerifyAsync(AskedProxy proxy, string arguments)
    {
        var (_, printed, _) = await proxy.AskAsync($"verify {arguments} -o json");
        using var json = JsonDocument.Parse(printed);
        return json.RootElement.Clone();
    }
}
