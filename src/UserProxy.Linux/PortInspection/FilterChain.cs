namespace UserProxy.Linux.PortInspection;

/// <summary>A chain of rules as listed. It may hold comments of others: text from outside.</summary>
/// <param name="Source">Who lists it: nft, iptables-save.</param>
/// <param name="Table"><c>filter</c> of iptables, <c>inet f</c> of nft.</param>
/// <param name="Name">Of the chain.</param>
public sealed record FilterChain(string Source, string Table, string Name)
{
    /// <summary>Where the kernel calls it, in the words of nft: <c>input</c>; null where others jump to it.</summary>
    public string? Hook { get; init; }

    /// <summary>Of a base chain: what no rule lets in is dropped.</summary>
    public bool DropsTheRest { get; init; }

    public IReadOnlyList<string> Rules { get; init; } = [];

    /// <summary>It may have more rules than these, or jump to chains that are not among those that are kept.</summary>
    public bool IsCut { get; init; }
}
