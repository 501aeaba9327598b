namespace UserProxy.App.Rules;

/// <summary>Whether a rule meets a packet, or a condition of it.</summary>
internal enum Fit
{
    No,

    /// <summary>Its text does not tell.</summary>
    Perhaps,

    Yes,
}

/// <summary>What it is that the text of a rule does not tell.</summary>
[Flags]
internal enum Doubt
{
    None = 0,

    /// <summary>By which interface the client comes, where that is not known.</summary>
    Interface = 1,

    /// <summary>Which clients: most rules for some are none of most.</summary>
    Client = 2,

    /// <summary>A rate, a mark that may be set, a set that is not listed, or words that are not known here.</summary>
    Other = 4,
}
