namespace UserProxy.App.Configuration;

/// <summary>What becomes of one field that a kube-proxy file sets: named in the log, told in full by <c>migrate plan</c>.</summary>
/// <param name="Name">With its path, <c>ipvs.scheduler</c>.</param>
/// <param name="Line">In the file, from 1.</param>
/// <param name="Value">As written; lists with commas.</param>
/// <param name="Given">What it gives; null when it has no meaning here.</param>
/// <param name="Why">What it does here, or why it does nothing.</param>
/// <param name="Decision">What its user must decide before a move, as an instruction; null when nothing.</param>
/// <param name="DecidedBy">The field of our own configuration that decides it.</param>
internal sealed record FieldFate(string Name, long Line, string Value, GivenValue? Given, string Why, string? Decision = null, string? DecidedBy = null)
{
    public bool IsHonoured => Given is not null;

    /// <summary>Kube-proxy has such a field, or had it; else <see cref="Decision"/> says what to do about it.</summary>
    public bool IsKnown { get; init; } = true;
}
