namespace UserProxy.Linux.Loops;

/// <summary>
/// One direction of a <see cref="LoopRelay"/>. It leaves errors on the connections for the relay to judge. All but <see cref="Bytes"/> is called on the loop.
/// </summary>
internal abstract class LoopHalf(LoopConnection to)
{
    public LoopConnection To { get; } = to;

    /// <summary>Bytes written so far; from any thread.</summary>
    public abstract long Bytes { get; }

    /// <summary>EOF or a fault has been read, and everything before it written.</summary>
    public abstract bool IsDrained { get; }

    /// <summary>It holds something that is not yet written.</summary>
    public abstract bool HoldsBytes { get; }

    /// <summary>The EOF has been passed on; set by the relay.</summary>
    public bool IsPassedOn { get; set; }

    /// <summary>Moves what can be moved now. True when it stopped for fairness only and wants another turn without waiting for an event.</summary>
    public abstract bool Move();

    /// <summary>Gives up this direction with all that it holds.</summary>
    public abstract void Drop();
}
