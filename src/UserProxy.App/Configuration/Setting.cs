namespace UserProxy.App.Configuration;

/// <summary>One setting with its three outside names. <paramref name="Apply"/> throws FormatException with what would be allowed.</summary>
internal sealed record Setting(
    string Flag,
    string Variable,
    string Field,
    SettingShape Shape,
    string ValueName,
    string Description,
    Func<RunOptions, IReadOnlyList<string>, RunOptions> Apply);
