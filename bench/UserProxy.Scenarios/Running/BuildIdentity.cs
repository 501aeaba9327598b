using System.Security.Cryptography;
using System.Text;
using UserProxy.Scenarios.Paths;

namespace UserProxy.Scenarios.Running;

/// <summary>Which builds of userproxy a run measures, by what is in their files: a run that goes on with another one would measure two things as one.</summary>
internal static class BuildIdentity
{
    public static IReadOnlyDictionary<string, string> Of(RunSettings settings, Selection selection)
    {
        var builds = new Dictionary<string, string>
        {
            ["harness"] = typeof(BuildIdentity).Module.ModuleVersionId.ToString("N"),
            ["userproxy"] = Of(settings.Executable),
        };
        if (settings.Before is { } before) builds[UserProxyBeforePath.PathName] = Of(before);
        if (selection.Paths.Any(path => path is UserProxyJitPath)) builds[UserProxyJitPath.PathName] = Of(Path.Combine(AppContext.BaseDirectory, "userproxy"));
        return builds;
    }

    /// <summary>Of an executable that only starts the runtime, what it is lies in the assemblies beside it. Empty for a file that is not there.</summary>
    public static string Of(string executable)
    {
        if (!File.Exists(executable)) return "";
        string folder = Path.GetDirectoryName(Path.GetFullPath(executable))!;
        if (!File.Exists(executable + ".dll")) return Hash(executable);
        string all = string.Join(
            '\n', Directory.EnumerateFiles(folder, "*.dll").Where(file => Path.GetFileName(file).StartsWith("userproxy", StringComparison.OrdinalIgnoreCase))
                .Order(StringComparer.Ordinal).Select(file => $"{Path.GetFileName(file)} {Hash(file)}"));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(all)));
    }

    private static string Hash(string file)
    {
        using var stream = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
