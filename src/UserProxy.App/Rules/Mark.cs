namespace UserProxy.App.Rules;

/// <summary>The mark of a packet or of a connection, of which some bits may not be known; nobody has set one: it is 0. Pure.</summary>
/// <param name="Value">Of the bits that are known.</param>
/// <param name="Unknown">Bits that a rule may have set.</param>
internal readonly record struct Mark(uint Value, uint Unknown)
{
    public Mark And(uint mask) => new(Value & mask, Unknown & mask);

    public Mark Xor(Mark other) => new((Value ^ other.Value) & ~(Unknown | other.Unknown), Unknown | other.Unknown);

    /// <summary>One of both.</summary>
    public Mark Or(Mark other)
    {
        uint unknown = Unknown | other.Unknown | (Value ^ other.Value);
        return new(Value & ~unknown, unknown);
    }

    public Fit Is(uint value, uint mask)
    {
        uint known = mask & ~Unknown;
        if ((Value & known) != (value & known) || (value & ~mask) != 0) return Fit.No;
        return known == mask ? Fit.Yes : Fit.Perhaps;
    }
}
