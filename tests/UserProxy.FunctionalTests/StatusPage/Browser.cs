using System.Text.Json;
using UserProxy.App.Tests;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.StatusPage;

/// <summary>
/// A real browser (Debian's Chromium, driven by Playwright) that plays one scenario of <c>browser/page.mjs</c> on a status page. What drives it is where
/// <c>.ci/run</c> has put it.
/// </summary>
internal static class Browser
{
    /// <summary>Of a browser on a machine that does other things.</summary>
    private static readonly TimeSpan Patience = 4 * Eventually.Patience;

    private static readonly string Folder = Path.Combine(
        Repository.Root, "tests", "UserProxy.FunctionalTests", "StatusPage", "browser");

    private static string Modules { get; } = Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache
            ? cache
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
        "userproxy-ci", "page-tests", "node_modules");

    public static void SkipUnlessInstalled()
    {
        Tool.SkipUnlessInstalled("node", "chromium");
        Assert.SkipUnless(Directory.Exists(Modules), "what drives the browser is not there (.ci/run fetches it)");
    }

    /// <summary>What the scenario has seen: on any page nothing may be on the console, be asked of anybody else, or be against the page's policy.</summary>
    public static async Task<JsonElement> PlayAsync(string scenario, string url, params string[] arguments)
    {
        string chromium = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/bin").Select(
            folder => Path.Combine(folder, "chromium")).First(File.Exists);
        string output = await Tool.RunAsync(Patience, "node", [Path.Combine(Folder, "page.mjs"), Modules, chromium, scenario, url, .. arguments]);
        TestContext.Current.TestOutputHelper?.WriteLine(output);
        using var json = JsonDocument.Parse(output);
        var result = json.RootElement.Clone();
        foreach (var kind in result.GetProperty("seen").EnumerateObject())
            kind.Value.EnumerateArray().Select(one => one.GetString()).ShouldBeEmpty(kind.Name);
        return result;
    }

    public static string[] Texts(this JsonElement list) => [.. list.EnumerateArray().Select(one => one.GetString()!)];
}
