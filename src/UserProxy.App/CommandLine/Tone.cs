namespace UserProxy.App.CommandLine;

/// <summary>What a word means to whoever skims: on a terminal with colours it is seen at once.</summary>
internal enum Tone
{
    None,
    Good,
    Warning,
    Bad,
}
