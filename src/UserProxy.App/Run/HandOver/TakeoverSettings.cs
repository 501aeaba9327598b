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

    private const string NotSet = "not set";

    /// <summary>A list of manifests or blocks may be long, and the log has one line for all.</summary>
    private const int LongestValue = 120;

    /// <summary><c>--threads=4</c>, <c>defaults.idleTimeout=1h</c>; without a value where none is set.</summary>
    public static IReadOnlyList<string> LinesOf(RunOptions options) =>
    [
        .. Settings.All.Where(setting => setting.Flag != TakeoverFlag).Select(setting => $"{setting.Flag}={TextOf(setting.Show(options))}"),
        .. ServiceDefaults.Fields.Select(field => $"{ServiceDefaults.Field}.{field.Key}={TextOf(field.Value.Show(options.Defaults))}"),
    ];

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
        return end < 0 ? (line, "") : (line[..end], line[(end + 1)..]);
    }

    private static string Shown(string value) => value.Length == 0 ? NotSet : value.Length > LongestValue ? $"{value[..LongestValue]}..." : value;

    /// <summary>In one line, whatever is in a path.</summary>
    private static string TextOf(object? value) => (value switch
    {
        null => "",
        bool truth => truth ? "true" : "false",
        string[] texts => string.Join(',', texts),
        IFormattable number => number.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    }).ReplaceLineEndings(" ");
}
