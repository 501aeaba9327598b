namespace UserProxy.Chart.Tests.Support;

/// <summary>
/// One folder of <c>testassets</c>: <c>values.yaml</c>, what is rendered of it (<c>expected.yaml</c>) and what helm says to the user (<c>notes.txt</c>). A
/// file <c>api-versions.txt</c> names what the cluster has beside Kubernetes' own.
/// </summary>
internal sealed record ValuesCase(string Name)
{
    private static readonly string Assets = Path.Combine(Repository.Root, "tests", "UserProxy.Chart.Tests", "testassets");

    public static TheoryData<string> Names => [.. Directory.GetDirectories(Assets).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal)];

    public IEnumerable<string> Values => [.. ChartFolder.Installable, "--values", InFolder("values.yaml")];

    public IEnumerable<string> Arguments => [.. Values, .. ApiVersions.SelectMany(version => new[] { "--api-versions", version })];

    private IEnumerable<string> ApiVersions => File.Exists(InFolder("api-versions.txt")) ? File.ReadAllLines(InFolder("api-versions.txt")) : [];

    /// <summary>Compares, or writes anew.</summary>
    public void ShouldBeAs(string file, string actual)
    {
        actual = string.Join('\n', actual.ReplaceLineEndings("\n").Split('\n').Select(line => line.TrimEnd())).Trim('\n') + "\n";
        if (ChartFolder.Update) File.WriteAllText(InFolder(file), actual);
        actual.ShouldBe(File.ReadAllText(InFolder(file)).ReplaceLineEndings("\n"), $"{Name}/{file}; USERPROXY_UPDATE_CHART=1 writes it anew");
    }

    private string InFolder(string file) => Path.Combine(Assets, Name, file);
}
