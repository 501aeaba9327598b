namespace UserProxy.App.Inspect;

/// <summary>What one test connection shows. Made by <see cref="ProbeClassifier"/>.</summary>
/// <param name="Verdict">Null when it could not be tried: it says nothing.</param>
/// <param name="Reason">In words.</param>
/// <param name="IsCertain">See <see cref="Judgement"/>.</param>
internal readonly record struct ProbeJudgement(Verdict? Verdict, string Reason, bool IsCertain = true);
