using UserProxy.Policy;

namespace UserProxy.Tcp;

/// <summary>The limits of one dial.</summary>
/// <param name="Timeout">When it is given up, or <see cref="MoreTime"/> is asked.</param>
public readonly record struct DialOptions(TimeSpan Timeout)
{
    /// <summary>The hop limit of what is sent (TTL of IPv4); 0 leaves the system's.</summary>
    public int Hops { get; init; }

    /// <summary>
    /// What the dial leaves with instead of this node's address. Where its port is taken the outcome is
    /// <see cref="ConnectOutcome.NoSourcePort"/>, and nothing was sent.
    /// </summary>
    public DialSource? Source { get; init; }

    /// <summary>
    /// Asked with <see cref="Asker"/> whenever the time has passed: for how long the dial may go on, nothing for not at all. The kernel repeats its SYN
    /// meanwhile. On any thread, at most once at a time, and possibly when the dial has just ended. Null never goes on.
    /// </summary>
    public Func<object, TimeSpan>? MoreTime { get; init; }

    public object? Asker { get; init; }

    /// <summary>What <see cref="MoreTime"/> says.</summary>
    public TimeSpan AskForMore() => MoreTime?.Invoke(Asker!) ?? TimeSpan.Zero;
}
