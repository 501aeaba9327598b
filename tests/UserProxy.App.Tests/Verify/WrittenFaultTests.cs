using UserProxy.App.CommandLine;
using UserProxy.App.Explain;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.FunctionalTests.Support;
using UserProxy.Kubernetes.Building;

namespace UserProxy.App.Tests.Verify;

/// <summary>A misspelt field of a manifest: every command that misses what it stands for sends to its file and line.</summary>
public sealed class WrittenFaultTests : IAsyncLifetime
{
    private readonly AskedProxy _proxy = new();
    private readonly string _web = Manifests.Service("web", FreePort.Next());

    public ValueTask InitializeAsync() => default;

    public ValueTask DisposeAsync() => _proxy.DisposeAsync();

    [Theory]
    [InlineData("addresses:", "adresses:", "did you mean addresses?")]
    [InlineData("addressType:", "adressType:", "did you mean addressType?")]
    [InlineData("  - port: 9", "  - prot: 9", "did you mean port?")]
    [InlineData("addresses: [\"127.0.0.1\"]", "addresses: [\"127.0.0.999\"]", "is no IP address")]
    [InlineData("service-name:", "service-nam:", "label kubernetes.io/service-name is missing")]
    public async Task SliceIsNotReadAsMeant_TheCureIsItsFileAndLine(string right, string wrong, string said)
    {
        string manifest = _web.Replace(right, wrong, StringComparison.Ordinal);
        int line = 1 + Array.FindIndex(manifest.Split('\n'), text => text.Contains(wrong, StringComparison.Ordinal));
        // A label is missed where the object begins.
        if (wrong == "service-nam:") line = 1 + Array.FindIndex(manifest.Split('\n'), text => text.Contains("discovery.k8s.io", StringComparison.Ordinal));
        await _proxy.StartAsync(manifest);
        string mend = $"mend {_proxy.ManifestPath}:{line}";

        var explained = await _proxy.AskAsync("explain default/web");
        var verified = await _proxy.AskAsync("verify default/web");
        var listed = await _proxy.AskAsync("list default/web");

        explained.Code.ShouldBe(ExitCode.Failed);
        explained.Printed.ShouldContain($"What to do\n    * {mend}: ");
        explained.Printed.ShouldNotContain("selector");
        verified.Code.ShouldBe(ExitCode.Failed);
        verified.Printed.ShouldContain($"\nNext: {mend}, and then: userproxy check ");
        verified.Printed.ShouldNotContain("UserProxyWatchStale");
        verified.Printed.ShouldNotContain("> write an endpoint");
        listed.Said.ShouldContain(said);
    }

    /// <summary>A fault of the Service is not why its slice is missing.</summary>
    [Fact]
    public async Task AnnotationIsWrong_AndThereIsNoSlice_BothAreTold()
    {
        const string wrong = "namespace: default\n  annotations: {userproxy.io/scheduler: best}";
        await _proxy.StartAsync(_web.Split("---\n")[0].Replace("namespace: default", wrong, StringComparison.Ordinal));

        (await _proxy.AskAsync("explain default/web")).Printed.ShouldContain("What to do\n    * no EndpointSlice in namespace default has the label");
        var verified = await _proxy.AskAsync("verify default/web");
        verified.Printed.ShouldContain($"Next: mend {_proxy.ManifestPath}:1, and then: userproxy check ");
        verified.Printed.ShouldContain("> write an EndpointSlice with that label");
    }

    /// <summary>Slices may have any name: their label says whose they are.</summary>
    [Fact]
    public async Task SliceIsNamedAfterAnotherService_ItsIssuesAreOfTheOneInItsLabel()
    {
        string other = Manifests.Service("front", FreePort.Next());
        await _proxy.StartAsync(
            other + "---\n" + _web.Replace("name: web-1", "name: front-2", StringComparison.Ordinal).Replace("127.0.0.1", "nowhere", StringComparison.Ordinal));

        (await _proxy.AskAsync("explain default/web")).Printed.ShouldContain("\"nowhere\" is no IP address");
        (await _proxy.AskAsync("explain default/front")).Printed.ShouldNotContain("nowhere");
        (await _proxy.AskAsync("list default/web")).Said.ShouldContain("nowhere");
        (await _proxy.AskAsync("list default/front")).Said.ShouldNotContain("nowhere");
    }

    [Theory]
    [InlineData("EndpointSlice a/web-1", null, "a/web", true)]
    [InlineData("EndpointSlice a/web-2-abc", null, "a/web", false)]
    [InlineData("EndpointSlice a/web-2-abc", "a/web", "a/web", true)]
    [InlineData("EndpointSlice a/web-1", "a/other", "a/web", false)]
    [InlineData("EndpointSlice a/any", "a/web", "a/web", true)]
    public void Issue_IsOfTheServiceInTheLabel_AndByNameWithoutOne(string subject, string? about, string service, bool isOf) =>
        IssueSubject.IsOf(subject, about, service, ["a/web", "a/web-2"]).ShouldBe(isOf);

    [Fact]
    public void AFieldThatIsNotRead_ComesBeforeWhatIsMissingForIt()
    {
        IssueItem missing = new("EndpointSlice a/b", IssueReasons.InvalidEndpoint, "an endpoint has no address (x.yaml:3)") { Place = "x.yaml:3" };
        IssueItem misspelt = new("EndpointSlice a/b", IssueReasons.UnknownField, "x.yaml:4: adresses: not read") { Place = "x.yaml:4" };
        IssueItem ofNode = new("Node n", IssueReasons.UnknownField, "x.yaml:9: spce: not read") { Place = "x.yaml:9" };

        WrittenFault.In([ofNode, missing, misspelt]).Select(WrittenFault.StepOf).ShouldBe([
            "mend x.yaml:4: adresses: not read", "mend x.yaml:3: an endpoint has no address"]);
    }
}
