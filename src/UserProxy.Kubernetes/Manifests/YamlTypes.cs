using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace UserProxy.Kubernetes.Manifests;

/// <summary>What a node of YAML is in JSON.</summary>
internal enum YamlType
{
    Null,
    Boolean,
    Integer,
    Float,
    String,
    Unknown,
    List,
    Object,
}

/// <summary>
/// Which type a node has, by the rules that kubectl applies: a plain <c>80</c> is a number and a plain <c>yes</c> a boolean, quoted
/// they are strings. Kubernetes refuses one for the other, so a manifest that works here works there.
/// </summary>
internal static class YamlTypes
{
    private const string TagPrefix = "tag:yaml.org,2002:";
    private const NumberStyles FloatStyle = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    public static YamlType Of(YamlNode node) => node switch
    {
        YamlMappingNode => YamlType.Object,
        YamlSequenceNode => YamlType.List,
        _ => OfScalar((YamlScalarNode)node),
    };

    public static string TextOf(YamlNode scalar) => ((YamlScalarNode)scalar).Value ?? "";

    public static bool BooleanOf(YamlNode scalar) => TextOf(scalar) is ['t' or 'T' or 'y' or 'Y', ..] or "on" or "On" or "ON";

    public static bool TryGetInt32(YamlNode scalar, out int value)
    {
        string text = TextOf(scalar);
        if (text.StartsWith("0x", StringComparison.Ordinal))
            return int.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value) && value >= 0;
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>A node in messages: its type, and what a scalar holds.</summary>
    public static string Describe(YamlNode node)
    {
        string type = Of(node) switch
        {
            YamlType.Null => "nothing",
            YamlType.Boolean => "a boolean",
            YamlType.Integer => "a number",
            YamlType.Float => "a fractional number",
            YamlType.String => "a string",
            YamlType.List => "a list",
            YamlType.Object => "an object",
            _ => "a value with an unknown tag",
        };
        return node is YamlScalarNode scalar ? $"{type} ({PrintableText.Of(scalar.Value, 40)})" : type;
    }

    private static YamlType OfScalar(YamlScalarNode scalar)
    {
        string tag = scalar.Tag.IsEmpty ? "" : scalar.Tag.Value;
        return tag switch
        {
            "" when scalar.Style is ScalarStyle.Plain or ScalarStyle.Any => OfPlain(scalar.Value ?? ""),
            "" or "!" or TagPrefix + "str" => YamlType.String,
            TagPrefix + "int" or TagPrefix + "bool" or TagPrefix + "null" or TagPrefix + "float" => OfPlain(scalar.Value ?? ""),
            _ => YamlType.Unknown,
        };
    }

    private static YamlType OfPlain(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => YamlType.Null,
        "true" or "True" or "TRUE" or "false" or "False" or "FALSE" => YamlType.Boolean,
        "yes" or "Yes" or "YES" or "no" or "No" or "NO" or "on" or "On" or "ON" or "off" or "Off" or "OFF" => YamlType.Boolean, // YAML 1.1
        _ when IsInteger(text) => YamlType.Integer,
        _ when IsFloat(text) => YamlType.Float,
        _ => YamlType.String,
    };

    private static bool IsInteger(ReadOnlySpan<char> text)
    {
        if (text is ['-' or '+', ..]) text = text[1..];
        // 010 is 8 to one parser and 10 to another: a float here, so that it is refused where a number is wanted.
        if (text is ['0', >= '0' and <= '9', ..]) return false;
        if (text is ['0', 'x', _, ..]) return text[2..].TrimStart("0123456789abcdefABCDEF").IsEmpty;
        return !text.IsEmpty && text.IndexOfAnyExceptInRange('0', '9') < 0;
    }

    private static bool IsFloat(string text) =>
        text is ".inf" or "-.inf" or ".nan" or ".Inf" or ".NaN"
        || (text.AsSpan().IndexOfAnyInRange('0', '9') >= 0
            && double.TryParse(text, FloatStyle, CultureInfo.InvariantCulture, out _));
}
