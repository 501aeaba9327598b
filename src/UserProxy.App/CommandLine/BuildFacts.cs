using System.Reflection;
using System.Runtime.InteropServices;

namespace UserProxy.App.CommandLine;

/// <summary>What this build is, read from the assembly: shown by <c>version</c> and in the first log line of <c>run</c>.</summary>
internal sealed record BuildFacts(string Version, string Commit, string Runtime, string Platform)
{
    public static BuildFacts Current { get; } = Read();

    private static BuildFacts Read()
    {
        // The SDK writes VERSION+COMMIT when it builds inside a repository, and VERSION alone elsewhere.
        string informational = typeof(BuildFacts).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";
        int plus = informational.IndexOf('+', StringComparison.Ordinal);
        return new BuildFacts(
            plus < 0 ? informational : informational[..plus],
            plus < 0 ? "unknown" : informational[(plus + 1)..],
            RuntimeInformation.FrameworkDescription,
            RuntimeInformation.RuntimeIdentifier);
    }
}
