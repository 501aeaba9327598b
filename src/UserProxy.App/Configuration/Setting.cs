namespace UserProxy.App.Configuration;

/// <summary>
/// One setting: its three outside names, how it is read and how it is shown. <paramref name="Apply"/> throws FormatException with what would be allowed.
/// <paramref name="Show"/> gives what a configuration file would have: a text, number, truth or list of texts; null where nothing is set.
/// </summary>
internal sealed record Setting(
    string Flag,
    string Variable,
    string Field,
    SettingShape Shape,
    string ValueName,
    string Description,
    Func<RunOptions, IReadOnlyList<string>, RunOptions> Apply,
    Func<RunOptions, object?> Show);

/// <summary>How many values a setting takes.</summary>
internal enum SettingShape
{
    Single,

    /// <summary>A flag may be repeated; a variable and a file may hold several, separated by commas (a file also as a sequence).</summary>
    List,

    /// <summary>True when the flag is given without a value.</summary>
    Switch,
}

/// <summary>What somebody wrote for one setting, and where: <paramref name="Origin"/> is a flag, a variable, or <c>file:line: field</c>.</summary>
internal sealed record GivenValue(string Origin, IReadOnlyList<string> Values, Func<RunOptions, IReadOnlyList<string>, RunOptions> Apply);
