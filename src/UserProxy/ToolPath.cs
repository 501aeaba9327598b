using System.Diagnostics.CodeAnalysis;

namespace UserProxy;

/// <summary>
/// Where a program is that another project starts (nft, iptables-save, credential plugins): its absolute path. Given a bare name, .NET looks beside the
/// executable and in the current directory before it looks in PATH. Root would run whatever lies in /tmp under that name.
/// </summary>
public static class ToolPath
{
    /// <summary>A bare name as the first of PATH that is executable, an absolute path as it is; null when there is none.</summary>
    [SuppressMessage("ApiDesign", "RS0030", Justification = "PATH is no setting of ours: it is what every way to start a program goes by.")]
    public static string? Find(string name) => Find(name, Environment.GetEnvironmentVariable("PATH"));

    /// <summary>Parts of <paramref name="path"/> that are empty or relative mean the current directory to a shell; they are passed over.</summary>
    internal static string? Find(string name, string? path)
    {
        if (Path.IsPathFullyQualified(name)) return name;
        if (name.Length == 0 || Path.GetFileName(name) != name) return null;
        return (path ?? "").Split(Path.PathSeparator)
            .Where(Path.IsPathFullyQualified)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(IsExecutable);
    }

    private static bool IsExecutable(string file) =>
        File.Exists(file)
            && (OperatingSystem.IsWindows()
                || (File.GetUnixFileMode(file) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0);
}
