namespace UserProxy.Linux.PortInspection;

/// <summary>A rule or virtual server that names the port.</summary>
/// <param name="Source">Who lists it: nft, iptables-save, ipvs.</param>
/// <param name="Place">Table and chain, where known.</param>
/// <param name="Text">As listed, shortened. It may hold comments of others: text from outside.</param>
public sealed record RuleHint(string Source, string Place, string Text);
