namespace UserProxy.Sbom;

/// <summary>One part of the program.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">As its author spells it.</param>
/// <param name="Version">Exact; of a framework the lowest that will do.</param>
/// <param name="IsShipped">Whether it is in the published folder; else it was only used to build (analyzers).</param>
/// <param name="DependsOn">Names of other components.</param>
internal sealed record Component(ComponentKind Kind, string Name, string Version, bool IsShipped, IReadOnlyList<string> DependsOn)
{
    public PackageFacts? Package { get; init; }

    public string PackageUrl => Kind == ComponentKind.Package ? $"pkg:nuget/{Uri.EscapeDataString(Name)}@{Uri.EscapeDataString(Version)}" : $"pkg:generic/{Uri.EscapeDataString(Name)}@{Uri.EscapeDataString(Version)}";
}
