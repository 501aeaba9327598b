using UserProxy.Linux.PortInspection;

namespace UserProxy.App.Rules;

/// <summary>What the chains of this node do to a connection of which they drop a packet, or may, or which NAT takes away.</summary>
/// <param name="Kind">The packet that is dropped.</param>
/// <param name="Chain">The one that drops it.</param>
/// <param name="Rule">That does; null: the chain drops what no rule lets in.</param>
/// <param name="IsCertain">Else <see cref="Undecided"/> may let it in before, or the rule itself does not tell whom it meets.</param>
/// <param name="Undecided">Rules whose text does not tell, as listed; the first of them.</param>
/// <param name="IsReached">The packet comes to the chain for certain; else the rules that lead there are for some.</param>
/// <param name="IsNat">It is no drop: NAT sends the connection elsewhere.</param>
internal sealed record Dropping(
    PacketKind Kind, FilterChain Chain, string? Rule, bool IsCertain, IReadOnlyList<string> Undecided, bool IsReached, bool IsNat = false)
{
    /// <summary>Conntrack comes later, or who comes first is not known: no rule there lets by what belongs to a connection.</summary>
    public bool IsBeforeConntrack { get; init; }

    /// <summary>It drops what is left over.</summary>
    public bool IsRest => IsReached && !IsNat && (Rule is null || !RuleWords.IsOfSomebody(Rule));
}
