using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace UserProxy.Kubernetes.Manifests;

/// <summary>
/// Which type a scalar has, by the rules that kubectl applies: a plain <c>80</c> is a number and a plain <c>yes</c> a boolean, quoted
/// they are strings. Kubernetes refuses one for the other, so a manifest that works here works there.
/// </summary>
internal static class YamlScalars
{
    private const string TagPrefix = "tag:yaml.org,2002:";
    private const NumberStyles FloatStyle = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    public enum Kind
    {
        Null,
        Boolean,
        Integer,
        Float,
        String,
        Unknown,
    }

    public static Kind KindOf(YamlScalarNode scalar)
    {
        string tag = scalar.Tag.IsEmpty ? "" : scalar.Tag.Value;
        return tag switch
        {
            "" when scalar.Style is ScalarStyle.Plain or ScalarStyle.Any => KindOfPlain(scalar.Value ?? ""),
            "" or "!" or TagPrefix + "str" => Kind.String,
            TagPrefix + "int" or TagPrefix + "bool" or TagPrefix + "null" or TagPrefix + "float" => KindOfPlain(scalar.Value ?? ""),
            _ => Kind.Unknown,
        };
    }

    public static bool BooleanOf(YamlScalarNode scalar) => scalar.Value is ['t' or 'T' or 'y' or 'Y', ..] or "on" or "On" or "ON";

    public static bool TryGetInt32(YamlScalarNode scalar, out int value)
    {
        string text = scalar.Value ?? "";
        if (text.StartsWith("0x", StringComparison.Ordinal))
            return int.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value) && value >= 0;
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>The name of a kind in messages.</summary>
    public static string Describe(Kind kind) => kind switch
    {
        Kind.Null => "nothing",
        Kind.Boolean => "a boolean",
        Kind.Integer => "a number",
        Kind.Float => "a fractional number",
        Kind.String => "a string",
        _ => "a value with an unknown tag",
    };

    private static Kind KindOfPlain(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => Kind.Null,
        "true" or "True" or "TRUE" or "false" or "False" or "FALSE" => Kind.Boolean,
        "yes" or "Yes" or "YES" or "no" or "No" or "NO" or "on" or "On" or "ON" or "off" or "Off" or "OFF" => Kind.Boolean, // YAML 1.1
        _ when IsInteger(text) => Kind.Integer,
        _ when IsFloat(text) => Kind.Float,
        _ => Kind.String,
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
