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
    private const int MaxNodes = 1_000_000; // about 150 MB while a file is being read: 10,000 Services with their slices are 650,000

    /// <summary>YamlException, with its line, for what is not YAML or costs more than a file may; nothing else.</summary>
    public static YamlStream Load(string text)
    {
        var parser = new BoundedParser(new Parser(new StringReader(text)), MaxDepth, MaxNodes);
        try
        {
            var yaml = new YamlStream();
            yaml.Load(parser);
            return yaml;
        }
        // The parser's internal checks let some broken flow collections through to an exception of its own state.
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException or FormatException or OverflowException)
        {
            var (start, end) = parser.Current is { } last ? (last.Start, last.End) : (Mark.Empty, Mark.Empty);
            throw new YamlException(start, end, "is not well-formed YAML from here on", e);
        }
    }
}
