namespace UserProxy.Scenarios.Running;

/// <summary>A finished round of one scenario: a turn of each path, next to each other. What a <see cref="TurnLog"/> keeps; nothing smaller is kept.</summary>
/// <param name="Round">From 0.</param>
/// <param name="Scenario">Its name.</param>
/// <param name="Sitting">1 for what was measured before any interruption.</param>
/// <param name="Seconds">That the run had taken when it was finished, all sittings together.</param>
/// <param name="Command">The load's command line; empty for none.</param>
/// <param name="Turns">In the order in which they were taken.</param>
/// <param name="Ledger">After it.</param>
internal sealed record RoundRecord(
    int Round, string Scenario, int Sitting, double Seconds, string Command, IReadOnlyList<TurnRecord> Turns, LedgerState Ledger);

/// <summary>One path's turn. A path may have several when its preparation failed as well.</summary>
internal sealed record TurnRecord(string Path, TurnResult Result);
