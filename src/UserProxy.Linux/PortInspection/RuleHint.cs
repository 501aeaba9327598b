namespace UserProxy.Linux.PortInspection;

/// <summary>A rule or virtual server that names the port.</summary>
/// <param name="Source">Who lists it: nft, iptables-save, ipvs.</param>
/// <param name="Place">Table and chain, where known.</param>
/// <param name="Text">As listed, shortened for showing. It may hold comments of others: text from outside.</param>
public sealed record RuleHint(string Source, string Place, string Text)
{
    /// <summary>As listed, for judging: what is cut off may be its condition or its verdict. Of a set the elements of the port alone.</summary>
    public string Whole { get; init; } = Text;

    /// <summary>Of the base chain of nft that holds it, such as <c>input</c>; null in a chain that others jump to, and where it is not listed.</summary>
    public string? Hook { get; init; }
}
