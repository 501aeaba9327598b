namespace UserProxy.App.Migrate;

/// <summary>One thing that <c>migrate plan</c> has to say.</summary>
/// <param name="Area">Where it belongs.</param>
/// <param name="NeedsDecision">The move would lose something, or not work, until somebody decides; otherwise it is good to know.</param>
/// <param name="Reason">A CamelCase word to filter by; of Services the one that <c>run</c> reports.</param>
/// <param name="Subject">A Service, a field, a port.</param>
/// <param name="Message">What is found. It may hold text of tenants.</param>
/// <param name="Action">What to do; null when nothing need be done. Findings of one reason share it.</param>
internal sealed record PlanFinding(PlanArea Area, bool NeedsDecision, string Reason, string Subject, string Message, string? Action = null);

/// <summary>What a finding of <c>migrate plan</c> is about; the order is that of the text.</summary>
internal enum PlanArea
{
    Settings,
    Services,
    Ports,
    Rules,
}
