namespace UserProxy.App.Migrate;

/// <summary>What a finding of <c>migrate plan</c> is about; the order is that of the text.</summary>
internal enum PlanArea
{
    Settings,
    Services,
    Ports,
    Rules,
}
