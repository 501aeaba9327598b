namespace UserProxy.App.Verify;

/// <summary>What one step of <c>verify</c> has come to.</summary>
internal enum StepVerdict
{
    Ok,

    Failed,

    /// <summary>It would do something that was not asked for, or has nothing to look at.</summary>
    NotAsked,

    /// <summary>It lacks a right or a tool.</summary>
    CannotBeSeen,
}
