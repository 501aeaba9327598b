namespace UserProxy.Linux.VirtualIPs;

/// <summary>What <see cref="VirtualIPCleanup"/> removed, and what it could not.</summary>
public sealed record VirtualIPCleanupResult
{
    /// <summary>A running process owns them and would put them back: nothing was done.</summary>
    public bool InUse { get; init; }

    /// <summary>Local routes removed, both families.</summary>
    public required int Routes { get; init; }

    /// <summary>nftables tables removed.</summary>
    public required int Tables { get; init; }

    /// <summary>What is still there or could not be looked for, and what to do about it; empty when all is gone.</summary>
    public required IReadOnlyList<string> Problems { get; init; }

    /// <summary>What was left out for a harmless reason.</summary>
    public required IReadOnlyList<string> Notes { get; init; }
}
