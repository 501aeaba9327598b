using UserProxy.Scenarios.Bed;

namespace UserProxy.Scenarios.Running;

/// <summary>
/// The userproxy of this checkout as it is shipped: compiled ahead by <c>dotnet publish</c>, at the start of a run. When nothing has changed since the last one
/// that takes seconds.
/// </summary>
internal static class NativeProgram
{
    /// <summary>Beside this program.</summary>
    public const string FileName = "native/userproxy";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    /// <exception cref="BedException">It cannot be published here, and why.</exception>
    public static async Task PublishAsync(CancellationToken stop)
    {
        string folder = Path.Combine(AppContext.BaseDirectory, Path.GetDirectoryName(FileName)!);
        var finished = await Child.RunAsync(
            ["dotnet", "publish", Path.Combine(Checkout(), "src/UserProxy.App"), "-c", "Release", "-v", "quiet", "--nologo", "-o", folder], Limit, stop);
        if (finished.ExitCode != 0)
            throw new BedException($"the native executable cannot be published; --jit measures the build that is there: {finished.Text}");
    }

    private static string Checkout()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "UserProxy.sln"))) folder = Path.GetDirectoryName(folder);
        return folder
            ?? throw new BedException("the native executable is published from a checkout, and this program is not in one; --jit measures the build beside it");
    }
}
