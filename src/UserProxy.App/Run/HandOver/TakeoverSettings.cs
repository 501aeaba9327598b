using System.Globalization;
using UserProxy.App.Configuration;

namespace UserProxy.App.Run.HandOver;

/// <summary>
/// The settings of a process as lines of a <see cref="TakeoverWord.Welcome"/>, behind its version: whoever takes over says which are others here. A process of
/// another version may have others, and one of an earlier version tells none.
/// </summary>
internal static class TakeoverSettings
{
    /// <summary>It says how this hand-over came about.</summary>
    private const string TakeoverFlag = "--takeover";

    public const string Unknown = "what it does not tell";

    private const string NotSet = "not set";

    /// <summary>A list of manifests or blocks may be long: the log has one line for all values, and a <see cref="TakeoverWord.Welcome"/> 64 KiB.</summary>
    private const int LongestValue = 120;

    /// <summary>Of a longer one.</summary>
    private const int MostKept = 80;

    /// <summary><c>--threads=4</c>, <c>defaults.idleTimeout=1h</c>; without a value where none is set.</summary>
    public static IReadOnlyList<string> LinesOf(RunOptions options) =>
    [
        .. Settings.All.Where(setting => setting.Flag != TakeoverFlag).Select(setting => $"{setting.Flag}={TextOf(setting.Show(options))}"),
        .. ServiceDefaults.Fields.Select(field => $"{ServiceDefaults.Field}.{field.Key}={TextOf(field.Value.Show(options.Defaults))}"),
    ];

    /// <summary>Where Services come from, by these lines; <see cref="Unknown"/> of a process of an earlier version, which tells none.</summary>
    public static string SourceOf(IEnumerable<string> lines)
    {
        var values = lines.Select(Split).DistinctBy(each => each.Name).ToDictionary(each => each.Name, each => each.Value, StringComparer.Ordinal);
        if (!values.TryGetValue(Settings.Manifests.Flag, out string? manifests)) return Unknown;
        if (manifests.Length > 0) return manifests;
        return $"the cluster of {(values.GetValueOrDefault(Settings.Kubeconfig.Flag) is { Length: > 0 } file ? file : "KUBECONFIG or of its Pod")}";
    }

    /// <summary><c>--threads (was 4, is 2)</c>, of settings that both know.</summary>
    public static IReadOnlyList<string> Differing(IEnumerable<string> theirs, IEnumerable<string> ours)
    {
        var before = theirs.Select(Split).DistinctBy(each => each.Name).ToDictionary(each => each.Name, each => each.Value, StringComparer.Ordinal);
        return
        [
            .. ours.Select(Split).Where(line => before.TryGetValue(line.Name, out string? was) && was != line.Value)
                .Select(line => $"{line.Name} (was {Shown(before[line.Name])}, is {Shown(line.Value)})"),
        ];
    }

    private static (string Name, string Value) Split(string line)
    {
        int end = line.IndexOf('=', StringComparison.Ordinal);
        return end < 0 ? (line, "") : (line[..end], Cut(line[(end + 1)..]));
    }

    private static string Shown(string value) => value.Length == 0 ? NotSet : value;

    /// <summary>With a sum (FNV-1a) of all of it, so that a difference behind the cut is one still. No cryptography: its library has 5 MB.</summary>
    private static string Cut(string value)
    {
        if (value.Length <= LongestValue) return value;
        ulong sum = 14_695_981_039_346_656_037;
        foreach (char letter in value) sum = unchecked((sum ^ letter) * 1_099_511_628_211);
        int kept = char.IsHighSurrogate(value[MostKept - 1]) ? MostKept - 1 : MostKept;
        return string.Create(CultureInfo.InvariantCulture, $"{value[..kept]}... ({value.Length} characters, {sum:x16})");
    }

    /// <summary>In one line, whatever is in a path.</summary>
    private static string TextOf(object? value) => Cut((value switch
    {
        null => "",
        bool truth => truth ? "true" : "false",
        string[] texts => string.Join(',', texts),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    }).ReplaceLineEndings(" "));
}
