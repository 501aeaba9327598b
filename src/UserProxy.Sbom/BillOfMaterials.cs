using System.Text.Json;

namespace UserProxy.Sbom;

/// <summary>All that a program is made of, as the restore has chosen it. Sorted, so that the same inputs give the same bill.</summary>
internal sealed record BillOfMaterials(string Name, string Version, IReadOnlyList<Component> Components)
{
    /// <param name="name">Of the program.</param>
    /// <param name="version">Of the program.</param>
    /// <param name="assetsFile">project.assets.json of its restore.</param>
    /// <param name="rid">What it is published for; empty for any.</param>
    /// <param name="runtimeConfig">userproxy.runtimeconfig.json.</param>
    public static BillOfMaterials Read(string name, string version, string assetsFile, string rid, string runtimeConfig)
    {
        using var assets = JsonDocument.Parse(File.ReadAllBytes(assetsFile));
        using var config = JsonDocument.Parse(File.ReadAllBytes(runtimeConfig));
        string[] folders = [.. assets.RootElement.GetProperty("packageFolders").EnumerateObject().Select(folder => folder.Name)];
        var libraries = assets.RootElement.GetProperty("libraries");
        var parts = Target(assets.RootElement, rid, assetsFile).EnumerateObject().Select(part => Part(part, version, libraries, folders));
        return new(name, version, [.. parts.Concat(Frameworks(config.RootElement)).OrderBy(component => component.PackageUrl, StringComparer.Ordinal)]);
    }

    /// <summary>A restore for one RID has two targets, of which the one without is not what is published.</summary>
    private static JsonElement Target(JsonElement assets, string rid, string assetsFile)
    {
        foreach (var target in assets.GetProperty("targets").EnumerateObject())
        {
            string[] words = target.Name.Split('/', 2);
            if ((words.Length == 2 ? words[1] : "") == rid) return target.Value;
        }

        throw new InvalidDataException($"{assetsFile} has no target for '{rid}': restore for it first");
    }

    private static Component Part(JsonProperty part, string version, JsonElement libraries, string[] folders)
    {
        string[] words = part.Name.Split('/');
        string[] dependencies = part.Value.TryGetProperty("dependencies", out var listed) ? [.. listed.EnumerateObject().Select(dependency => dependency.Name).Order(StringComparer.Ordinal)] : [];
        // Projects are of one repository and have its version; the restore may not have known it.
        if (part.Value.GetProperty("type").GetString() != "package") return new(ComponentKind.Project, words[0], version, IsShipped: true, dependencies);
        string path = libraries.GetProperty(part.Name).GetProperty("path").GetString()!;
        string folder = folders.Select(root => Path.Combine(root, path)).FirstOrDefault(Directory.Exists) ?? throw new InvalidDataException($"{part.Name} is in none of {string.Join(", ", folders)}");
        return new(ComponentKind.Package, words[0], words[1], IsShipped(part.Value), dependencies) { Package = PackageFacts.Read(folder) };
    }

    /// <summary>Something of it is in the published folder: assemblies or native libraries.</summary>
    private static bool IsShipped(JsonElement library) =>
        ((string[])["runtime", "runtimeTargets", "native"]).Any(kind =>
            library.TryGetProperty(kind, out var files) && files.EnumerateObject().Any(file => !file.Name.EndsWith("/_._", StringComparison.Ordinal)));

    /// <summary>Of a self-contained program they are called otherwise, and are in the folder.</summary>
    private static IEnumerable<Component> Frameworks(JsonElement config)
    {
        var options = config.GetProperty("runtimeOptions");
        bool isIncluded = options.TryGetProperty("includedFrameworks", out var frameworks);
        if (!isIncluded && !options.TryGetProperty("frameworks", out frameworks))
        {
            if (!options.TryGetProperty("framework", out var one)) yield break;
            yield return Framework(one, isIncluded);
            yield break;
        }

        foreach (var framework in frameworks.EnumerateArray()) yield return Framework(framework, isIncluded);
    }

    private static Component Framework(JsonElement framework, bool isIncluded) =>
        new(ComponentKind.Framework, framework.GetProperty("name").GetString()!, framework.GetProperty("version").GetString()!, isIncluded, []);
}
