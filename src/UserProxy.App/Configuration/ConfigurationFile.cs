using UserProxy.Kubernetes.Manifests;
using YamlDotNet.RepresentationModel;

namespace UserProxy.App.Configuration;

/// <summary>A configuration file of either kind, read but not yet applied. Used by <c>run</c> and by <c>check</c>.</summary>
internal sealed record ConfigurationFile(string Path, string Kind)
{
    private const string EitherKind = $"{UserProxyFile.ApiVersion} {UserProxyFile.Kind} or {KubeProxyFile.ApiVersion} {KubeProxyFile.Kind}";

    /// <summary>What it sets, in the order of application.</summary>
    public IReadOnlyList<GivenValue> Values { get; init; } = [];

    /// <summary>Names of the fields that a file of our own kind sets.</summary>
    public IReadOnlyList<string> Fields { get; init; } = [];

    /// <summary>Faults of form, each with file and line; the values are checked when they are applied.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>What its author should know, each with file and line; it is read all the same.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>What becomes of each field of a kube-proxy file that says something; nothing for our own kind.</summary>
    public IReadOnlyList<FieldFate> Fates { get; init; } = [];

    /// <summary>Durations of a kube-proxy file that are zero in so many words, by name and as written; an absent one is none.</summary>
    public IReadOnlyDictionary<string, string> Zeros { get; init; } = new Dictionary<string, string>();

    /// <summary>Fields of a kube-proxy file that say something which is understood and has no meaning here.</summary>
    public IReadOnlyList<string> Ignored => [.. Fates.Where(fate => fate is { IsHonoured: false, IsKnown: true }).Select(fate => fate.Name)];

    /// <summary>
    /// Fields of a kube-proxy file that are not known, each with file, line and what was likely meant: a slip, which does nothing, or one of a later version.
    /// </summary>
    public IReadOnlyList<string> Unknown =>
        [.. Fates.Where(fate => !fate.IsKnown).Select(fate => $"{Path}:{fate.Line}: {fate.Name}: {fate.Why}; {fate.Decision}")];

    /// <summary>Throws ConfigurationException when it cannot be read at all.</summary>
    public static ConfigurationFile Read(string path) => Parse(path, ReadText(path));

    /// <summary>What a file or a pipe holds, within the bounds of a manifest. Throws ConfigurationException when it cannot be read.</summary>
    public static string ReadText(string path)
    {
        if (path.Length == 0) throw new ConfigurationException(["a file without a name cannot be read"]);
        if (ManifestReader.TryReadFile(path, out var bytes) is { } unreadable) throw new ConfigurationException([unreadable.Problems[0].ToString()]);
        return bytes.Length <= ManifestReader.MaxFileBytes
            ? TextOf(bytes)
            : throw new ConfigurationException([$"{path}: larger than {ManifestReader.MaxFileBytes >> 20} MiB"]);
    }

    /// <summary>Without the byte order mark.</summary>
    public static string TextOf(byte[] bytes)
    {
        using var reader = new StreamReader(new MemoryStream(bytes));
        return reader.ReadToEnd();
    }

    /// <param name="path">What to call it in messages.</param>
    /// <param name="text">What it holds.</param>
    /// <param name="expected">What to ask for where it is no configuration; null for one of either kind.</param>
    public static ConfigurationFile Parse(string path, string text, string? expected = null)
    {
        var yaml = YamlFile.Parse(path, text);
        return KindOf(yaml.First) switch
        {
            UserProxyFile.Kind => UserProxyFile.Read(path, yaml),
            KubeProxyFile.Kind => KubeProxyFile.Read(path, yaml),
            _ => throw new ConfigurationException([NoConfiguration(path, yaml, expected ?? EitherKind)]),
        };
    }

    /// <summary>Null for what is no configuration.</summary>
    private static string? KindOf(YamlNode root) =>
        root is not YamlMappingNode mapping ? null : (YamlFile.TextOf(mapping, "apiVersion"), YamlFile.TextOf(mapping, "kind")) switch
        {
            (UserProxyFile.ApiVersion, UserProxyFile.Kind) => UserProxyFile.Kind,
            (KubeProxyFile.ApiVersion, KubeProxyFile.Kind) => KubeProxyFile.Kind,
            _ => null,
        };

    private static string NoConfiguration(string path, YamlFile yaml, string expected)
    {
        var root = yaml.First;
        string found =
            $"{path}:{root.Start.Line}: apiVersion '{YamlFile.TextOf(root, "apiVersion")}', kind '{YamlFile.TextOf(root, "kind")}' is no configuration";
        if (yaml.Roots.FirstOrDefault(other => KindOf(other) is not null) is { } meant)
            return $"{found}, and the first document of a file is the one that is read: put the {KindOf(meant)} of line {meant.Start.Line} there";
        return yaml.Roots.Any(FileClues.HoldsConfiguration)
            ? $"{found}, and one inside of it is not looked for: put that into a file of its own (migrate plan takes kube-proxy's as it is)"
            : $"{found}; expected {expected}";
    }
}
