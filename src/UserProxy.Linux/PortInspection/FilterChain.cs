namespace UserProxy.Linux.PortInspection;

/// <summary>A chain of rules as listed. It may hold comments of others: text from outside.</summary>
/// <param name="Source">Who lists it: nft, iptables-save.</param>
/// <param name="Table"><c>filter</c> of iptables, <c>inet f</c> of nft.</param>
/// <param name="Name">Of the chain.</param>
public sealed record FilterChain(string Source, string Table, string Name)
{
    private static readonly Dictionary<string, NamedSet> NoSets = [];

    /// <summary>Where the kernel calls it, in the words of nft: <c>input</c>; null where others jump to it.</summary>
    public string? Hook { get; init; }

    /// <summary>Of a base chain: the lowest is called first.</summary>
    public int Priority { get; init; }

    /// <summary>A base chain of NAT: it meets the first packet of a connection alone.</summary>
    public bool IsOfNat { get; init; }

    /// <summary>Of a base chain: what no rule lets in is dropped.</summary>
    public bool DropsTheRest { get; init; }

    public IReadOnlyList<string> Rules { get; init; } = [];

    /// <summary>It may have more rules than these, or jump to chains that are not among those that are kept.</summary>
    public bool IsCut { get; init; }

    /// <summary>The sets and maps of its table, by name.</summary>
    public IReadOnlyDictionary<string, NamedSet> Sets { get; init; } = NoSets;
}

/// <summary>A set or a map of nft that has a name.</summary>
/// <param name="Elements"><c>10.0.0.0/8</c>, <c>10.0.0.1 . 80</c>, <c>22 : accept</c>; without their comments, counters and times.</param>
/// <param name="IsWhole">Else there may be others: too many to keep, or packets add them.</param>
public sealed record NamedSet(IReadOnlyList<string> Elements, bool IsWhole);
