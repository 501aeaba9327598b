using UserProxy.App.Configuration;

namespace UserProxy.App.Tests.Reference;

/// <summary>
/// docs/reference is what the code says. When it no longer is, run these tests with USERPROXY_WRITE_REFERENCE=1 and commit what they write. The metrics' is
/// made by the functional tests, from a scrape.
/// </summary>
public sealed class ReferenceTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "docs", "reference");

    [Fact]
    public async Task Cli_IsAsTheCodeSays() => IsAsWritten("cli.md", await CliReference.MakeAsync());

    [Fact]
    public void Configuration_IsAsTheCodeSays() => IsAsWritten("configuration.md", ConfigurationReference.Make());

    /// <summary>The names of annotations are made from those of the fields: the reader of manifests must agree.</summary>
    [Fact]
    public async Task Annotations_OfTheReference_AreKnown()
    {
        using var folder = new TempFolder();
        // A Service for each: of one Service no more than ten issues are told.
        string path = folder.Write(
            "a.yaml", string.Join("---\n", ServiceDefaults.Fields.Keys.Select((field, number) => Manifests.Service($"a{number}", 30001 + number)
            .Replace(
                "  namespace: default\nspec:", $"  namespace: default\n  annotations: {{{ConfigurationReference.AnnotationOf(field)}: \"?\"}}\nspec:",
                StringComparison.Ordinal))));
        var cli = new Cli();

        await cli.RunAsync("check", path);

        // Each is understood well enough to complain of its value.
        cli.Out.ToString().Split(
            '\n').Count(line => line.Contains("\"?\" must be", StringComparison.Ordinal)).ShouldBe(ServiceDefaults.Fields.Count, cli.Out.ToString());
    }

    private static void IsAsWritten(string file, string made)
    {
        string path = Path.Combine(Folder, file);
        if (Environment.GetEnvironmentVariable("USERPROXY_WRITE_REFERENCE") == "1") File.WriteAllText(path, made);
        File.Exists(path).ShouldBeTrue($"{path} is missing: run with USERPROXY_WRITE_REFERENCE=1");
        made.ShouldBe(File.ReadAllText(path), $"{file} is behind the code: run with USERPROXY_WRITE_REFERENCE=1");
    }
}
