using UserProxy.Kubernetes.Building;
using YamlDotNet.RepresentationModel;

namespace UserProxy.Kubernetes.Manifests;

/// <summary>
/// The fields of one mapping in a manifest, read by name with the type that Kubernetes gives them. A wrong type is reported with its
/// line and path and reads as absent; the caller asks the <see cref="ManifestErrors"/> at the end whether the object can be used.
/// </summary>
internal readonly struct ManifestFields(YamlMappingNode node, string path, ManifestErrors errors)
{
    public long Line => node.Start.Line;

    public string Path(string field) => path.Length == 0 ? field : $"{path}.{field}";

    public bool Has(string field) => Find(field) is not null;

    public void Fail(string field, string message) => errors.Add((Find(field) ?? node).Start.Line, Path(field), message);

    public string? Text(string field) => Find(field) is { } value ? TextOf(value, Path(field)) : null;

    /// <summary>A word out of a short list; anything else is reported, as the API server would refuse it.</summary>
    public string? Word(string field, params ReadOnlySpan<string> allowed)
    {
        string? text = Text(field);
        // Kubernetes takes an empty word as an absent one.
        if (string.IsNullOrEmpty(text)) return null;
        if (allowed.Contains(text)) return text;
        Fail(field, $"must be one of {string.Join(", ", allowed)}, not {PrintableText.Quote(text)}");
        return null;
    }

    public int? Number(string field)
    {
        if (Find(field) is not { } value) return null;
        if (value is YamlScalarNode scalar && YamlScalars.KindOf(scalar) == YamlScalars.Kind.Integer)
        {
            if (YamlScalars.TryGetInt32(scalar, out int number)) return number;
            errors.Add(value.Start.Line, Path(field), $"{PrintableText.Of(scalar.Value, 40)} is out of range");
            return null;
        }

        WrongType(value, Path(field), "a whole number");
        return null;
    }

    public bool? Flag(string field)
    {
        if (Find(field) is not { } value) return null;
        if (value is YamlScalarNode scalar && YamlScalars.KindOf(scalar) == YamlScalars.Kind.Boolean) return YamlScalars.BooleanOf(scalar);
        WrongType(value, Path(field), "true or false");
        return null;
    }

    public ManifestFields? Object(string field)
    {
        if (Find(field) is not { } value) return null;
        if (value is YamlMappingNode mapping) return new ManifestFields(mapping, Path(field), errors);
        WrongType(value, Path(field), "an object");
        return null;
    }

    public IReadOnlyList<T>? List<T>(string field, Func<ManifestFields, T> read)
    {
        if (Items(field) is not { } items) return null;
        var list = new List<T>(items.Children.Count);
        for (int i = 0; i < items.Children.Count; i++)
        {
            string itemPath = $"{Path(field)}[{i}]";
            if (items.Children[i] is YamlMappingNode mapping) list.Add(read(new ManifestFields(mapping, itemPath, errors)));
            else WrongType(items.Children[i], itemPath, "an object");
        }

        return list;
    }

    public IReadOnlyList<string>? Texts(string field)
    {
        if (Items(field) is not { } items) return null;
        var list = new List<string>(items.Children.Count);
        for (int i = 0; i < items.Children.Count; i++)
        {
            string itemPath = $"{Path(field)}[{i}]";
            if (TextOf(items.Children[i], itemPath) is { } text) list.Add(text);
            else if (IsNull(items.Children[i])) WrongType(items.Children[i], itemPath, "a string");
        }

        return list;
    }

    public IReadOnlyDictionary<string, string>? TextMap(string field)
    {
        if (Object(field) is not { } map) return null;
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in map.Entries())
        {
            // Kubernetes reads a null in a map of strings as the empty string.
            if (IsNull(value)) texts[key] = "";
            else if (TextOf(value, $"{map.Path("")}{key}") is { } text) texts[key] = text;
        }

        return texts;
    }

    private IEnumerable<(string Key, YamlNode Value)> Entries()
    {
        foreach (var (key, value) in node.Children)
        {
            if (key is YamlScalarNode { Value: { } name }) yield return (name, value);
            else errors.Add(key.Start.Line, path, "has a key that is not a string");
        }
    }

    private YamlSequenceNode? Items(string field)
    {
        if (Find(field) is not { } value) return null;
        if (value is YamlSequenceNode sequence) return sequence;
        WrongType(value, Path(field), "a list");
        return null;
    }

    /// <summary>The value of a field, or null when it is absent or null, which Kubernetes takes for the same.</summary>
    private YamlNode? Find(string field)
    {
        foreach (var (key, value) in node.Children)
        {
            if (key is not YamlScalarNode scalar) continue;
            if (scalar.Value == field) return IsNull(value) ? null : value;
            // Reading on without the merged fields would serve something that nobody wrote.
            if (scalar.Value == "<<") errors.Add(key.Start.Line, path, "merge keys (<<) are not read here: write the fields out");
        }

        return null;
    }

    private string? TextOf(YamlNode value, string valuePath)
    {
        if (IsNull(value)) return null;
        if (value is YamlScalarNode scalar && YamlScalars.KindOf(scalar) == YamlScalars.Kind.String) return scalar.Value ?? "";
        WrongType(value, valuePath, "a string");
        return null;
    }

    private void WrongType(YamlNode value, string valuePath, string wanted)
    {
        var kind = value is YamlScalarNode scalar ? YamlScalars.KindOf(scalar) : default;
        string found = value switch
        {
            YamlMappingNode => "an object",
            YamlSequenceNode => "a list",
            _ => $"{YamlScalars.Describe(kind)} ({PrintableText.Of(((YamlScalarNode)value).Value, 40)})",
        };
        bool quotesWouldDo = wanted == "a string" && kind is (YamlScalars.Kind.Integer or YamlScalars.Kind.Float or YamlScalars.Kind.Boolean);
        string hint = quotesWouldDo ? "; put it in quotes" : "";
        errors.Add(value.Start.Line, valuePath, $"must be {wanted}, not {found}{hint}");
    }

    private static bool IsNull(YamlNode value) => value is YamlScalarNode scalar && YamlScalars.KindOf(scalar) == YamlScalars.Kind.Null;
}
