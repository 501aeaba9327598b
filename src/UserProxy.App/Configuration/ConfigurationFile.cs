using UserProxy.Kubernetes.Manifests;
using YamlDotNet.RepresentationModel;

namespace UserProxy.App.Configuration;

/// <summary>A configuration file of either kind, read but not yet applied. Used by <c>run</c> and by <c>check</c>.</summary>
internal sealed record ConfigurationFile(string Path, string Kind)
{
    /// <summary>What it sets, in the order of application.</summary>
    public IReadOnlyList<GivenValue> Values { get; init; } = [];

    /// <summary>Names of the fields that a file of our own kind sets.</summary>
    public IReadOnlyList<string> Fields { get; init; } = [];

    /// <summary>Faults of form, each with file and line; the values are checked when they are applied.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>What becomes of each field of a kube-proxy file that says something; nothing for our own kind.</summary>
    public IReadOnlyList<FieldFate> Fates { get; init; } = [];

    /// <summary>Fields of a kube-proxy file that say something which has no meaning here.</summary>
    public IReadOnlyList<string> Ignored => [.. Fates.Where(fate => !fate.IsHonoured).Select(fate => fate.Name)];

    /// <summary>Throws ConfigurationException when it cannot be read at all.</summary>
    public static ConfigurationFile Read(string path) => Parse(path, ReadText(path));

    /// <summary>What a file or a pipe holds, within the bounds of a manifest. Throws ConfigurationException when it cannot be read.</summary>
    public static string ReadText(string path)
    {
        if (path.Length == 0) throw new ConfigurationException(["a file without a name cannot be read"]);
        if (ManifestReader.TryReadFile(path, out var bytes) is { } unreadable) throw new ConfigurationException([unreadable.Problems[0].ToString()]);
        return bytes.Length <= ManifestReader.MaxFileBytes ? TextOf(bytes) : throw new ConfigurationException([$"{path}: larger than {ManifestReader.MaxFileBytes >> 20} MiB"]);
    }

    /// <summary>Without the byte order mark.</summary>
    public static string TextOf(byte[] bytes)
    {
        using var reader = new StreamReader(new MemoryStream(bytes));
        return reader.ReadToEnd();
    }

    public static ConfigurationFile Parse(string path, string text)
    {
        var root = YamlFile.Parse(path, text);
        string? version = YamlFile.TextOf(root, "apiVersion");
        string? kind = YamlFile.TextOf(root, "kind");
        return (version, kind) switch
        {
            (UserProxyFile.ApiVersion, UserProxyFile.Kind) => UserProxyFile.Read(path, root),
            (KubeProxyFile.ApiVersion, KubeProxyFile.Kind) => KubeProxyFile.Read(path, root),
            _ => throw new ConfigurationException([
                $"{path}:{root.Start.Line}: apiVersion '{version}', kind '{kind}' is no configuration; "
                + $"expected {UserProxyFile.ApiVersion} {UserProxyFile.Kind} or {KubeProxyFile.ApiVersion} {KubeProxyFile.Kind}"]),
        };
    }

    /// <summary>Whether a text claims to be a configuration, however broken: told by its kind, so that <c>check</c> needs no option for it.</summary>
    public static bool IsConfiguration(string text)
    {
        try
        {
            var yaml = BoundedYaml.Load(text);
            return yaml.Documents.Count > 0 && yaml.Documents[0].RootNode is YamlMappingNode root
                && YamlFile.TextOf(root, "kind") is UserProxyFile.Kind or KubeProxyFile.Kind;
        }
        catch (YamlDotNet.Core.YamlException)
        {
            // Not YAML as a whole, but its author meant something by these lines.
            return text.Split('\n').Any(line => line.TrimEnd() is $"kind: {UserProxyFile.Kind}" or $"kind: {KubeProxyFile.Kind}");
        }
    }
}
