using UserProxy.Linux.Host;

namespace UserProxy.Linux.VirtualIPs;

/// <summary>How <see cref="RoutedVirtualIPs"/> works; the defaults are those of production.</summary>
public sealed record VirtualIPOptions
{
    /// <summary>
    /// Go on without the guard where nft or the kernel does not give one. Host daemons on the wildcard address are then reachable through every virtual IP.
    /// </summary>
    public bool AllowUnguarded { get; init; }

    /// <summary>
    /// Take routes and guard back at an orderly end, for a run that no other follows (docs/decisions/0060). Else they stay for the next one.
    /// </summary>
    public bool RemoveAtEnd { get; init; }

    /// <summary>
    /// The right to change them, which a predecessor has still: nothing is changed before the first <see cref="RoutedVirtualIPs.ApplyAsync"/>. Null: it is
    /// taken. Becomes the opened one's.
    /// </summary>
    public NamespaceLock? Inherited { get; init; }

    /// <summary>How often routes and guard are compared with what they should be, beside following the kernel's announcements of route changes.</summary>
    public TimeSpan RecheckInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Least time between two repairs, so that a fight with another program costs neither processor nor log.</summary>
    public TimeSpan RepairPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The nft(8) program and its first arguments.</summary>
    public IReadOnlyList<string> NftCommand { get; init; } = ["nft"];

    /// <summary>How long nft may take, at the start and at the end, too; null is as long as each of them can wait. One that takes longer hangs.</summary>
    public TimeSpan? NftLongest { get; init; }
}
