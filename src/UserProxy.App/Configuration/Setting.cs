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
