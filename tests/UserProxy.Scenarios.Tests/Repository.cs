namespace UserProxy.Scenarios.Tests;

/// <summary>Where the checkout is that these tests were built in: for tests that look at its files.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "UserProxy.sln"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("the tests do not run inside a checkout");
    }
}
