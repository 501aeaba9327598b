namespace UserProxy.ProxyProtocol;

/// <summary>How far a header has been understood.</summary>
internal enum ParseResult
{
    /// <summary>It may become one.</summary>
    Incomplete,

    Complete,

    /// <summary>Whatever follows.</summary>
    Invalid,
}
