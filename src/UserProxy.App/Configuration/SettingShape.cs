namespace UserProxy.App.Configuration;

/// <summary>How many values a setting takes.</summary>
internal enum SettingShape
{
    Single,

    /// <summary>A flag may be repeated; a variable and a file may hold several, separated by commas (a file also as a sequence).</summary>
    List,

    /// <summary>True when the flag is given without a value.</summary>
    Switch,
}
