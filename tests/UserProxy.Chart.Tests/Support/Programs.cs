namespace UserProxy.Chart.Tests.Support;

/// <summary>Where the programs are that these tests drive: in PATH, or where <c>.ci/run</c> puts what it fetches. No test fetches anything.</summary>
internal static class Programs
{
    /// <summary>The folder of <c>.ci/run</c>.</summary>
    public static string Cache { get; } = Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache
            ? cache
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
        "userproxy-ci");

    public static string? Find(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Append(Path.Combine(Cache, "usr", "bin"))
        .Append("/usr/sbin")
        .Append("/sbin")
        .Select(folder => Path.Combine(folder, name))
        .FirstOrDefault(File.Exists);

    /// <summary>Its path; skips the case where there is none.</summary>
    public static string Need(string name)
    {
        string? path = Find(name);
        Assert.SkipWhen(path is null, $"{name} is not installed (.ci/run fetches it)");
        return path!;
    }
}
