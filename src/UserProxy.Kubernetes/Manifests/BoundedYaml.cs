using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace UserProxy.Kubernetes.Manifests;

/// <summary>
/// YAML text to nodes within the bounds of <see cref="BoundedParser"/>: for manifests, and for the executable's configuration files, which come from
/// the same hands.
/// </summary>
public static class BoundedYaml
{
    private const int MaxDepth = 64;
    private const int MaxNodes = 1_000_000;

    /// <summary>YamlException, with its line, for what is not YAML or costs more than a file may.</summary>
    public static YamlStream Load(string text)
    {
        var yaml = new YamlStream();
        try
        {
            yaml.Load(new BoundedParser(new Parser(new StringReader(text)), MaxDepth, MaxNodes));
            return yaml;
        }
        catch (ManifestFormatException e)
        {
            var line = new Mark(0, e.Line, 1);
            throw new YamlException(line, line, e.Message, e);
        }
    }
}
