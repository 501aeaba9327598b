namespace UserProxy.App.Tests.Docs;

/// <summary>What people have written in this repository: code, pages, charts, scripts. Read by the checks of this folder.</summary>
internal static class TextFiles
{
    private static readonly string[] Extensions =
        [".cs", ".md", ".csproj", ".props", ".targets", ".sh", ".py", ".yaml", ".yml", ".tpl", ".txt", ".json", ".conf", ".service", ".dot"];

    private static readonly string[] NotOurs = ["bin", "obj", "node_modules", ".git", "TestResults", "artifacts", "bench-report"];

    public static IReadOnlyList<string> All { get; } =
    [
        .. Directory.EnumerateFiles(Repository.Root, "*", SearchOption.AllDirectories)
            .Where(path => !Relative(path).Split('/').Any(NotOurs.Contains))
            .Where(path => Extensions.Contains(Path.GetExtension(path)) || Relative(path) is "Dockerfile" or ".ci/run" or ".editorconfig")
            .Order(StringComparer.Ordinal),
    ];

    public static string Relative(string path) => Path.GetRelativePath(Repository.Root, path);
}
