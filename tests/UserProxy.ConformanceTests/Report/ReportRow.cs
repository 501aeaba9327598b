namespace UserProxy.ConformanceTests.Report;

/// <summary>One thing that a case looked at.</summary>
/// <param name="Case">In upstream's words.</param>
/// <param name="Step">Who asked what.</param>
/// <param name="Expected">What a proxy must do.</param>
/// <param name="Seen">What this one did; or why it was not asked.</param>
/// <param name="Outcome">Whether that is the same.</param>
internal sealed record ReportRow(string Case, string Step, string Expected, string Seen, ReportRow.Result Outcome)
{
    internal enum Result
    {
        Holds,
        Fails,

        /// <summary>It cannot be asked here: <see cref="Seen"/> says why.</summary>
        NotAsked,
    }
}
