namespace UserProxy.FunctionalTests.Support;

/// <summary>
/// The executable that tests start: what the build has put beside them, or the one that USERPROXY_EXECUTABLE names, as the native one that is shipped. Its file
/// is called userproxy: shells find it by that name.
/// </summary>
internal static class TestedProgram
{
    private static readonly string Chosen = Environment.GetEnvironmentVariable("USERPROXY_EXECUTABLE") is { Length: > 0 } named
        ? System.IO.Path.GetFullPath(named)
        : System.IO.Path.Join(AppContext.BaseDirectory, "userproxy");

    /// <summary>Counting what is hot, for a second compilation, is a quarter of the processor time of a program that runs for seconds.</summary>
    static TestedProgram() => Environment.SetEnvironmentVariable("DOTNET_TieredPGO", "0");

    public static string Path =>
        IsMarked ? Chosen
            : throw new InvalidOperationException(
                $"{TestContext.Current.TestClass!.TestClassName} starts the program and needs [StartsProgram], or nobody runs it with the native one");

    /// <summary>Compiled ahead: no assembly lies beside it.</summary>
    public static bool IsNative => !File.Exists(System.IO.Path.ChangeExtension(Path, "dll"));

    public static string Folder => System.IO.Path.GetDirectoryName(Path)!;

    /// <summary>Fixtures belong to no class that could be asked.</summary>
    private static bool IsMarked => TestContext.Current.TestClass is not { } test || test.Traits.ContainsKey(StartsProgramAttribute.Name);
}
