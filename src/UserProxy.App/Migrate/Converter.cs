using UserProxy.App.Configuration;
using UserProxy.Model;

namespace UserProxy.App.Migrate;

/// <summary>
/// Kube-proxy's configuration in, ours out: pure. What a field means is asked of <see cref="KubeProxyFields"/>, as <c>run</c> does; so a run of what is written
/// has the settings of a run of kube-proxy's own file.
/// </summary>
internal sealed class Converter
{
    private static readonly string[] Primary = ["primary"];

    private readonly ConfigurationFile _kubeProxy;
    private readonly Dictionary<string, ConvertedField> _fields = new(StringComparer.Ordinal);
    private readonly List<string> _problems = [];
    private RunOptions _options = new();

    private Converter(ConfigurationFile kubeProxy) => _kubeProxy = kubeProxy;

    /// <exception cref="ConfigurationException">Values that kube-proxy would refuse: all there are, with file and line.</exception>
    public static Conversion Convert(ConfigurationFile kubeProxy)
    {
        var converter = new Converter(kubeProxy);
        foreach (var value in KubeProxyFile.Defaults)
        {
            // kube-proxy does not use its default where zero is written, and what netfilter has then has no equal here (decision 38).
            string origin = kubeProxy.Zeros.TryGetValue(value.Origin, out string? zero)
                ? $"kube-proxy's default for {value.Origin} (whose {zero} leaves the kernel's own time, which has no equal here)"
                : $"kube-proxy's default for {value.Origin}";
            converter.Take(value.Origin, value, origin);
        }

        foreach (var fate in KubeProxyFile.InOrder(kubeProxy.Fates)) converter.Take(fate.Name, fate.Given!, fate.Name);
        converter.TakeDefaultOfTheMode();
        return converter._problems.Count == 0 ? converter.Result() : throw new ConfigurationException(converter._problems);
    }

    /// <summary>Applies one value, and notes which of our fields it has set.</summary>
    private void Take(string name, GivenValue value, string origin)
    {
        var field = KubeProxyFields.Of(name);
        var before = _options;
        try
        {
            _options = RunOptionsReader.Apply(_options, [value], []);
        }
        catch (ConfigurationException e)
        {
            _problems.AddRange(e.Problems);
            return;
        }

        foreach (string ours in field.Becomes)
        {
            // A path is written as it was given: it is relative to wherever the file is used.
            object? shown = ours == Settings.Kubeconfig.Field ? value.Values[0] : Shown(ours, _options);
            // bindAddress says something about two fields, and with IPv4 nothing.
            if (shown is null || (field.Becomes.Count > 1 && Equals(shown, Shown(ours, before)))) continue;
            _fields[ours] = new ConvertedField(ours, shown, origin, NoteOf(ours, value.Values[0], shown));
        }
    }

    private static string? NoteOf(string field, string given, object shown) =>
        field == Settings.Kubeconfig.Field ? "leave it out in a Pod with a ServiceAccount"
        : shown is string text && GoDuration.TryParse(given, out var asked) && GoDuration.TryParse(text, out var had) && asked != had
            ? $"{given} is {(asked > had ? "more" : "less")} than a timer takes"
        : null;

    /// <summary>An empty nodePortAddresses is every address in kube-proxy's other modes and here, but not with nftables.</summary>
    private void TakeDefaultOfTheMode()
    {
        if (!_kubeProxy.Fates.Any(fate => fate is { Name: "mode", Value: KubeProxyFields.NFTables, Decision: not null })) return;
        string field = Settings.NodePortAddresses.Field;
        _fields[field] = new ConvertedField(field, Primary, "mode", "kube-proxy's default with nftables");
    }

    private Conversion Result()
    {
        var withoutMeaning = new List<LeftField>();
        var undecided = new List<LeftField>();
        foreach (var fate in _kubeProxy.Fates)
        {
            var field = KubeProxyFields.Of(fate.Name);
            if (_fields.Values.Any(written => written.From == fate.Name)) continue;
            if (fate.Decision is { } decision) undecided.Add(new LeftField(fate, fate.Why, decision));
            else if (fate.IsHonoured && Winner(field) is { } winner) withoutMeaning.Add(new LeftField(fate, $"{winner} counts instead"));
            else withoutMeaning.Add(new LeftField(fate, field.Name == "bindAddress" ? "kube-proxy binds nothing to it either" : fate.Why));
        }

        return new Conversion
        {
            Source = _kubeProxy.Path,
            Fields = [.. Names().Where(_fields.ContainsKey).Select(name => _fields[name])],
            WithoutMeaning = withoutMeaning,
            Undecided = undecided,
            Warnings = _kubeProxy.Warnings,
        };
    }

    /// <summary>Kube-proxy's field that has set what this one would have set.</summary>
    private string? Winner(KubeProxyField field) =>
        field.Becomes is [var ours] && _fields.TryGetValue(ours, out var written) && written.From != field.Name ? written.From : null;

    private static IEnumerable<string> Names() =>
        Settings.All.Select(setting => setting.Field).Concat(ServiceDefaults.Fields.Keys.Select(field => $"{ServiceDefaults.Field}.{field}"));

    private static object? Shown(string name, RunOptions options) =>
        name.StartsWith($"{ServiceDefaults.Field}.", StringComparison.Ordinal)
            ? ServiceDefaults.Fields[name[(ServiceDefaults.Field.Length + 1)..]].Show(options.Defaults)
            : Settings.All.First(setting => setting.Field == name).Show(options);
}
