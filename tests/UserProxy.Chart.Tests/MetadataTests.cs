using System.Text.Json.Nodes;
using UserProxy.Chart.Tests.Support;
using UserProxy.FakeApiServer;

namespace UserProxy.Chart.Tests;

/// <summary>Chart.yaml: what helm and Artifact Hub show of the chart.</summary>
public class MetadataTests
{
    private static readonly JsonObject Chart = YamlToJson.Objects(File.ReadAllText(Path.Combine(ChartFolder.Path, "Chart.yaml"))).Single();

    [Fact]
    public void Chart_HasWhatACatalogueShows()
    {
        Text("description").ShouldEndWith(".");
        Text("home").ShouldStartWith("https://");
        foreach (var source in Chart["sources"]!.AsArray()) source!.GetValue<string>().ShouldStartWith(Text("home"));
        Chart["maintainers"]!.AsArray().ShouldHaveSingleItem()!["name"]!.GetValue<string>().ShouldBe("The UserProxy authors");
        Chart["keywords"]!.AsArray().ShouldNotBeEmpty();
    }

    /// <summary>The domain is that of the API group, so that there is one name to own.</summary>
    [Fact]
    public void Home_IsTheDomainOfTheApiGroup() => new Uri(Text("home")).Host.ShouldBe("userproxy.io");

    [Fact]
    public void Icon_IsThatOfTheFolder()
    {
        const string Kind = "data:image/svg+xml;base64,";
        Text("icon").ShouldStartWith(Kind);
        Convert.FromBase64String(Text("icon")[Kind.Length..]).ShouldBe(File.ReadAllBytes(Path.Combine(Repository.Root, "charts", "icon.svg")));
    }

    /// <summary>Of Artifact Hub's list (docs/topics/annotations/helm there): a value that it does not know is shown to nobody.</summary>
    [Fact]
    public void Annotations_AreThoseOfArtifactHub()
    {
        var annotations = Chart["annotations"]!.AsObject().ToDictionary(pair => pair.Key, pair => pair.Value!.GetValue<string>());
        annotations.Keys.ShouldBe(
            [
                "artifacthub.io/category", "artifacthub.io/license", "artifacthub.io/prerelease", "artifacthub.io/operator",
                "artifacthub.io/containsSecurityUpdates", "artifacthub.io/changes",
            ],
            ignoreOrder: true);
        annotations["artifacthub.io/category"].ShouldBe("networking");
        annotations["artifacthub.io/license"].ShouldBe("Apache-2.0");
        foreach (string truth in (string[])["prerelease", "operator", "containsSecurityUpdates"])
            annotations[$"artifacthub.io/{truth}"].ShouldBeOneOf("true", "false");
        var changes = YamlToJson.Objects($"changes:\n{annotations["artifacthub.io/changes"]}").Single()["changes"]!.AsArray();
        changes.ShouldNotBeEmpty();
        foreach (var change in changes)
        {
            change!["kind"]!.GetValue<string>().ShouldBeOneOf("added", "changed", "deprecated", "removed", "fixed", "security");
            change["description"]!.GetValue<string>().ShouldEndWith(".");
        }
    }

    /// <summary>Without any value: lint looks at the chart, and does not install it.</summary>
    [Fact]
    public async Task Lint_OfTheChartAsItIs_HasNothingToSay()
    {
        var ran = await Helm.RunAsync(["lint", "--strict", ChartFolder.Path]);

        ran.ExitCode.ShouldBe(0, ran.Output + ran.Error);
        ran.Output.ShouldNotContain("[WARNING]");
        ran.Output.ShouldNotContain("icon is recommended");
    }

    private static string Text(string field) => Chart[field]!.GetValue<string>();
}
