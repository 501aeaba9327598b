using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using UserProxy.Kubernetes.Building;
using YamlDotNet.RepresentationModel;

namespace UserProxy.Kubernetes.Manifests;

/// <summary>
/// Writes a node of YAML as the JSON of a type that the API's decoder reads. The type's own JSON contract says which fields there are and what they hold. What
/// does not fit, or <see cref="ManifestRules"/> refuse, is reported with its line and path, and left out: whoever asks looks at the
/// <see cref="ManifestErrors"/> before it uses what came of it.
/// </summary>
internal sealed class ManifestJson(ManifestErrors errors) : IDisposable
{
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly Utf8JsonWriter _json = new(Stream.Null);
    private readonly Dictionary<Type, List<long>> _lines = [];

    public void Dispose() => _json.Dispose();

    /// <param name="root">An object.</param>
    /// <param name="type">What it is to be read as.</param>
    /// <param name="path">Of the object in its document; empty for the document itself.</param>
    public ReadOnlySpan<byte> Write(YamlMappingNode root, JsonTypeInfo type, string path)
    {
        _bytes.ResetWrittenCount();
        _json.Reset(_bytes);
        foreach (var lines in _lines.Values) lines.Clear();
        WriteObject(root, type, path);
        _json.Flush();
        return _bytes.WrittenSpan;
    }

    /// <summary>The line of each object of a type that was last written, in their order: JSON has none.</summary>
    public IReadOnlyList<long> LinesOf<T>() => _lines.GetValueOrDefault(typeof(T)) ?? [];

    /// <summary>Null, and reported, when it is not a list of objects; those that are none are left out.</summary>
    public IEnumerable<(YamlMappingNode Item, string Path)> ObjectsOf(YamlNode list, string path)
    {
        if (list is not YamlSequenceNode items)
        {
            Refuse(list, path, "a list");
            yield break;
        }

        for (int i = 0; i < items.Children.Count; i++)
        {
            string itemPath = $"{path}[{i}]";
            if (items.Children[i] is YamlMappingNode item) yield return (item, itemPath);
            else Refuse(items.Children[i], itemPath, "an object");
        }
    }

    /// <summary>The value of a field, or null when it is absent or null, which Kubernetes takes for the same.</summary>
    public static YamlNode? FieldOf(YamlMappingNode node, string field)
    {
        foreach (var (key, value) in node.Children)
        {
            if (key is YamlScalarNode scalar && scalar.Value == field) return YamlTypes.Of(value) == YamlType.Null ? null : value;
        }

        return null;
    }

    public static string PathOf(string path, string field) => path.Length == 0 ? field : $"{path}.{field}";

    /// <param name="meant">The field that was most likely meant; null when none is near.</param>
    public static string UnknownField(string? meant) =>
        $"Kubernetes knows no such field here, and it is not read{(meant is null ? "" : $"; did you mean {meant}?")}";

    private void WriteObject(YamlMappingNode node, JsonTypeInfo type, string path)
    {
        NoteLine(type.Type, node.Start.Line);
        _json.WriteStartObject();
        foreach (var (key, value) in node.Children)
        {
            if (key is not YamlScalarNode { Value: { } name }) continue;
            // Reading on without the merged fields would serve something that nobody wrote.
            if (name == "<<") errors.Add(key.Start.Line, path, "merge keys (<<) are not read here: write the fields out");
            else if (PropertyOf(type, name) is not { } property) WarnOfUnknown(type, name, key.Start.Line, path);
            else if (YamlTypes.Of(value) != YamlType.Null) WriteField(property, type.Type, value, PathOf(path, name));
        }

        if (ManifestRules.NeededOf(type.Type) is var (field, message) && FieldOf(node, field) is null)
            errors.Add(node.Start.Line, PathOf(path, field), message);
        _json.WriteEndObject();
    }

    private void WarnOfUnknown(JsonTypeInfo type, string name, long line, string path)
    {
        if (UnreadFields.Of(type.Type) is not { } unread || unread.Contains(name)) return;
        errors.Warn(
            line, PathOf(path, PrintableText.Of(name, 60)), IssueReasons.UnknownField,
            UnknownField(Nearest.InAnyCase(name, [.. type.Properties.Select(property => property.Name), .. unread])));
    }

    private void WriteField(JsonPropertyInfo property, Type owner, YamlNode value, string path)
    {
        var type = property.Options.GetTypeInfo(property.PropertyType);
        if (!Fits(value, type, path)) return;
        if (type.Type == typeof(string))
        {
            string text = YamlTypes.TextOf(value);
            if (ManifestRules.FaultOf(owner, property.Name, text) is { } fault) errors.Add(value.Start.Line, path, fault);
            // Kubernetes takes an empty text for an absent one.
            if (text.Length == 0) return;
        }

        _json.WritePropertyName(property.Name);
        WriteValue(value, type, path);
    }

    /// <param name="value">One that fits.</param>
    /// <param name="type">What is wanted.</param>
    /// <param name="path">Of the value.</param>
    private void WriteValue(YamlNode value, JsonTypeInfo type, string path)
    {
        switch (value)
        {
            case YamlMappingNode map when type.Kind == JsonTypeInfoKind.Dictionary:
                WriteTexts(map, path);
                break;
            case YamlMappingNode node when type.Kind == JsonTypeInfoKind.Object:
                WriteObject(node, type, path);
                break;
            case YamlSequenceNode list when type.Kind == JsonTypeInfoKind.Enumerable:
                WriteItems(list, type.Options.GetTypeInfo(type.ElementType!), path);
                break;
            case YamlScalarNode when type.Type == typeof(string):
                _json.WriteStringValue(YamlTypes.TextOf(value));
                break;
            case YamlScalarNode when type.Type == typeof(int) || type.Type == typeof(int?):
                _json.WriteNumberValue(YamlTypes.TryGetInt32(value, out int number) ? number : 0);
                break;
            case YamlScalarNode when type.Type == typeof(bool?):
                _json.WriteBooleanValue(YamlTypes.BooleanOf(value));
                break;
            default:
                WriteAny(value);
                break;
        }
    }

    /// <summary>A value whose type has no fields that are known here: it reads itself.</summary>
    private void WriteAny(YamlNode value)
    {
        switch (YamlTypes.Of(value))
        {
            case YamlType.Object:
                _json.WriteStartObject();
                foreach (var (key, inner) in ((YamlMappingNode)value).Children)
                {
                    if (key is not YamlScalarNode { Value: { } name }) continue;
                    _json.WritePropertyName(name);
                    WriteAny(inner);
                }

                _json.WriteEndObject();
                break;
            case YamlType.List:
                _json.WriteStartArray();
                foreach (var item in ((YamlSequenceNode)value).Children) WriteAny(item);
                _json.WriteEndArray();
                break;
            case YamlType.Null:
                _json.WriteNullValue();
                break;
            case YamlType.Boolean:
                _json.WriteBooleanValue(YamlTypes.BooleanOf(value));
                break;
            case YamlType.Integer when YamlTypes.TryGetInt32(value, out int number):
                _json.WriteNumberValue(number);
                break;
            default:
                _json.WriteStringValue(YamlTypes.TextOf(value));
                break;
        }
    }

    private void WriteItems(YamlSequenceNode list, JsonTypeInfo type, string path)
    {
        _json.WriteStartArray();
        for (int i = 0; i < list.Children.Count; i++)
        {
            string itemPath = $"{path}[{i}]";
            if (Fits(list.Children[i], type, itemPath)) WriteValue(list.Children[i], type, itemPath);
        }

        _json.WriteEndArray();
    }

    private void WriteTexts(YamlMappingNode map, string path)
    {
        _json.WriteStartObject();
        foreach (var (key, value) in map.Children)
        {
            if (key is not YamlScalarNode { Value: { } name })
            {
                errors.Add(key.Start.Line, path, "has a key that is not a string");
                continue;
            }

            // Kubernetes reads a null in a map of strings as the empty string.
            if (YamlTypes.Of(value) == YamlType.Null) _json.WriteString(name, "");
            else if (YamlTypes.Of(value) == YamlType.String) _json.WriteString(name, YamlTypes.TextOf(value));
            else Refuse(value, PathOf(path, name), "a string");
        }

        _json.WriteEndObject();
    }

    private bool Fits(YamlNode value, JsonTypeInfo type, string path)
    {
        var (wanted, words) = Wanted(type);
        if (wanted is null || YamlTypes.Of(value) == wanted)
        {
            if (wanted != YamlType.Integer || YamlTypes.TryGetInt32(value, out _)) return true;
            errors.Add(value.Start.Line, path, $"{PrintableText.Of(YamlTypes.TextOf(value), 40)} is out of range");
            return false;
        }

        Refuse(value, path, words);
        return false;
    }

    /// <summary>Null for a type that takes anything.</summary>
    private static (YamlType?, string) Wanted(JsonTypeInfo type) => type.Kind switch
    {
        JsonTypeInfoKind.Object or JsonTypeInfoKind.Dictionary => (YamlType.Object, "an object"),
        JsonTypeInfoKind.Enumerable => (YamlType.List, "a list"),
        _ when type.Type == typeof(string) => (YamlType.String, "a string"),
        _ when type.Type == typeof(int) || type.Type == typeof(int?) => (YamlType.Integer, "a whole number"),
        _ when type.Type == typeof(bool?) => (YamlType.Boolean, "true or false"),
        _ => (null, ""),
    };

    private void Refuse(YamlNode value, string path, string wanted)
    {
        bool quotesWouldDo = wanted == "a string" && YamlTypes.Of(value) is YamlType.Integer or YamlType.Float or YamlType.Boolean;
        errors.Add(value.Start.Line, path, $"must be {wanted}, not {YamlTypes.Describe(value)}{(quotesWouldDo ? "; put it in quotes" : "")}");
    }

    private static JsonPropertyInfo? PropertyOf(JsonTypeInfo type, string name)
    {
        foreach (var property in type.Properties)
        {
            if (property.Name == name) return property;
        }

        return null;
    }

    private void NoteLine(Type type, long line)
    {
        if (!_lines.TryGetValue(type, out var lines)) _lines.Add(type, lines = []);
        lines.Add(line);
    }
}
