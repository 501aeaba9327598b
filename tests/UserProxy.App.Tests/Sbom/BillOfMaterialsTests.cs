using System.Security.Cryptography;
using System.Text.Json.Nodes;
using UserProxy.Sbom;

namespace UserProxy.App.Tests.Sbom;

/// <summary>The bill of materials of userproxy itself, from this checkout's own restore. That a publish writes it: the tests of the image.</summary>
public sealed class BillOfMaterialsTests
{
    private static readonly string Assets = Path.Combine(Repository.Root, "src/UserProxy.App/obj/project.assets.json");
    private static readonly string RuntimeConfig = Path.Combine(AppContext.BaseDirectory, "userproxy.runtimeconfig.json");

    [Fact]
    public void Components_AreAllThatTheProgramIsMadeOf()
    {
        var libraries = JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "userproxy.deps.json")))!["libraries"]!.AsObject();
        string[] packages = [.. libraries.Where(library => library.Value!["type"]!.GetValue<string>() == "package").Select(library => $"pkg:nuget/{library.Key.Replace('/', '@')}")];
        packages.Length.ShouldBeGreaterThan(2);

        var components = Written()["components"]!.AsArray();

        Of("required", components).Where(url => url.StartsWith("pkg:nuget/", StringComparison.Ordinal)).ShouldBe(packages, ignoreOrder: true);
        Of("required", components).ShouldContain("pkg:generic/UserProxy.Linux@1.2.3");
        Of("required", components).ShouldContain(url => url.StartsWith("pkg:generic/Microsoft.AspNetCore.App@10.", StringComparison.Ordinal));
        Of("excluded", components).ShouldContain(url => url.StartsWith("pkg:nuget/Microsoft.CodeAnalysis.BannedApiAnalyzers@", StringComparison.Ordinal), "it is used to build");
    }

    [Fact]
    public void Packages_HaveTheirLicenseAndTheHashOfTheirFile()
    {
        foreach (var component in Written()["components"]!.AsArray().Where(component => component!["purl"]!.GetValue<string>().StartsWith("pkg:nuget/", StringComparison.Ordinal)))
        {
            string name = component!["name"]!.GetValue<string>().ToLowerInvariant(), version = component["version"]!.GetValue<string>();
            string file = PackageFolders().Select(folder => Path.Combine(folder, name, version, $"{name}.{version}.nupkg")).First(File.Exists);
            component["hashes"]![0]!["content"]!.GetValue<string>().ShouldBe(Convert.ToHexStringLower(SHA512.HashData(File.ReadAllBytes(file))), name);
            component["licenses"].ShouldNotBeNull(name);
        }
    }

    [Fact]
    public void Dependencies_JoinComponents()
    {
        var bill = Written();
        string[] known = [.. bill["components"]!.AsArray().Append(bill["metadata"]!["component"]).Select(component => component!["bom-ref"]!.GetValue<string>())];
        var dependencies = bill["dependencies"]!.AsArray();

        dependencies.Select(dependency => dependency!["ref"]!.GetValue<string>()).ShouldBe(known, ignoreOrder: true);
        dependencies.SelectMany(dependency => dependency!["dependsOn"]!.AsArray()).Select(reference => reference!.GetValue<string>()).ShouldBeSubsetOf(known);
        dependencies.Single(dependency => dependency!["ref"]!.GetValue<string>().Contains("UserProxy.Kubernetes@", StringComparison.Ordinal))!["dependsOn"]!.AsArray()
            .ShouldContain(reference => reference!.GetValue<string>().StartsWith("pkg:nuget/YamlDotNet@", StringComparison.Ordinal));
    }

    [Fact]
    public void Write_TheSameTwice_GivesTheSameBytes() => Written().ToJsonString().ShouldBe(Written().ToJsonString());

    /// <summary>A plus sign in a package URL stands for itself only when it is escaped.</summary>
    [Fact]
    public void Write_VersionWithBuildMetadata_IsEscapedInItsPackageUrl()
    {
        using var output = new MemoryStream();
        CycloneDx.Write(new BillOfMaterials("userproxy", "1.2.3+build", []), output);

        var component = JsonNode.Parse(output.ToArray())!["metadata"]!["component"]!;
        component["purl"]!.GetValue<string>().ShouldBe("pkg:generic/userproxy@1.2.3%2Bbuild");
        component["version"]!.GetValue<string>().ShouldBe("1.2.3+build");
    }

    [Fact]
    public void Read_RuntimeThatWasNotRestored_SaysSo() =>
        Should.Throw<InvalidDataException>(() => BillOfMaterials.Read("userproxy", "1.2.3", Assets, "linux-mips", RuntimeConfig)).Message.ShouldContain("'linux-mips'");

    private static JsonNode Written()
    {
        using var output = new MemoryStream();
        CycloneDx.Write(BillOfMaterials.Read("userproxy", "1.2.3", Assets, rid: "", RuntimeConfig), output);
        return JsonNode.Parse(output.ToArray())!;
    }

    private static IEnumerable<string> PackageFolders() => JsonNode.Parse(File.ReadAllText(Assets))!["packageFolders"]!.AsObject().Select(folder => folder.Key);

    private static IEnumerable<string> Of(string scope, JsonArray components) =>
        components.Where(component => component!["scope"]!.GetValue<string>() == scope).Select(component => component!["purl"]!.GetValue<string>());
}
