using YamlDotNet.RepresentationModel;

namespace UserProxy.App.Configuration;

/// <summary>Reads our own kind of configuration file. Strict: a field that is not known is a mistake of its author, said with its line.</summary>
internal static class UserProxyFile
{
    public const string ApiVersion = "userproxy.io/v1alpha1";
    public const string Kind = "UserProxyConfiguration";

    public static ConfigurationFile Read(string path, YamlFile yaml)
    {
        var root = yaml.First;
        var defaults = new List<GivenValue>();
        var values = new List<GivenValue>();
        List<string> problems =
        [
            .. yaml.Repeated.Select(key => $"{path}:{key.Line}: {key.Key}: written twice"),
            .. yaml.Roots.Skip(1).Select(other => $"{path}:{other.Start.Line}: a configuration is one document, the one of line {root.Start.Line}"),
        ];
        foreach (var (name, line, node) in YamlFile.FieldsOf(root))
        {
            string origin = $"{path}:{line}: {name}";
            if (name is "apiVersion" or "kind") continue;
            if (name == ServiceDefaults.Field) ReadDefaults(path, origin, node, defaults, problems);
            else if (Settings.All.FirstOrDefault(setting => setting.Field == name) is not { } setting)
                problems.Add($"{origin}: unknown field{DidYouMean(name, isDefault: false)}");
            else if (Read(setting, origin, node) is { } value) values.Add(value);
            else problems.Add($"{origin}: expected {(setting.Shape == SettingShape.List ? "a value or a list of values" : "a single value")}");
        }

        // The scheduler can be written in both places: the setting of the whole process is the more particular.
        return new ConfigurationFile(path, Kind)
        {
            Values = [.. defaults, .. values],
            Problems = problems,
            Fields = [.. YamlFile.FieldsOf(root).Select(field => field.Name)],
        };
    }

    private static string DidYouMean(string name, bool isDefault)
    {
        string below = $"{ServiceDefaults.Field}.";
        string? meant = isDefault
            ? Nearest.InAnyCase(name, [.. ServiceDefaults.Fields.Keys]) is { } near ? below + near : null
            : ServiceDefaults.Fields.ContainsKey(name) ? below + name
            : Nearest.InAnyCase(name, [.. Settings.All.Select(setting => setting.Field), ServiceDefaults.Field]);
        return meant is null ? "" : $"; did you mean {meant}?";
    }

    private static GivenValue? Read(Setting setting, string origin, YamlNode node)
    {
        if (YamlFile.ValuesOf(node) is not { } texts) return null;
        if (setting.Shape == SettingShape.List) return new GivenValue(origin, [.. texts.SelectMany(SplitList)], setting.Apply);
        return node is YamlScalarNode ? new GivenValue(origin, texts, setting.Apply) : null;
    }

    private static IEnumerable<string> SplitList(string text) => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static void ReadDefaults(string path, string origin, YamlNode node, List<GivenValue> values, List<string> problems)
    {
        if (node is not YamlMappingNode mapping)
        {
            problems.Add($"{origin}: expected a mapping of settings");
            return;
        }

        foreach (var (name, line, value) in YamlFile.FieldsOf(mapping))
        {
            string field = $"{path}:{line}: {ServiceDefaults.Field}.{name}";
            if (!ServiceDefaults.Fields.TryGetValue(name, out var setting))
                problems.Add($"{field}: unknown field{DidYouMean(name, isDefault: true)}");
            else if (value is not YamlScalarNode scalar) problems.Add($"{field}: expected a single value");
            else values.Add(
                new GivenValue(field, [scalar.Value ?? ""], (options, texts) => options with { Defaults = setting.Apply(options.Defaults, texts[0]) }));
        }
    }
}
