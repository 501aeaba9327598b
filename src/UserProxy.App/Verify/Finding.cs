namespace UserProxy.App.Verify;

/// <summary>What one step found.</summary>
/// <param name="Verdict">In a word.</param>
/// <param name="Says">In a line, with what it was seen by. It may hold text of tenants.</param>
/// <param name="Evidence">More of it, a line each.</param>
/// <param name="Next">What to type or to do next; null when nothing need be done.</param>
internal sealed record Finding(StepVerdict Verdict, string Says, IReadOnlyList<string> Evidence, string? Next)
{
    /// <summary>Evidence for programs alone: what a person need not read while the step is well.</summary>
    public IReadOnlyList<string> Details { get; init; } = [];

    public static Finding Ok(string says, params IReadOnlyList<string> evidence) => new(StepVerdict.Ok, says, evidence, null);

    public static Finding Failed(string says, string next, params IReadOnlyList<string> evidence) => new(StepVerdict.Failed, says, evidence, next);

    public static Finding NotAsked(string says, string? next = null) => new(StepVerdict.NotAsked, says, [], next);

    public static Finding CannotBeSeen(string says, string next, params IReadOnlyList<string> evidence) =>
        new(StepVerdict.CannotBeSeen, says, evidence, next);
}
