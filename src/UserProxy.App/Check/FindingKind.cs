namespace UserProxy.App.Check;

/// <summary>How bad a finding of <c>check</c> is.</summary>
internal enum FindingKind
{
    /// <summary>Something is not served as written: exit code 64.</summary>
    Problem,

    /// <summary>It can be read, and serves nobody or not as it looks: exit code 1.</summary>
    Warning,

    /// <summary>Worth a word.</summary>
    Note,
}
