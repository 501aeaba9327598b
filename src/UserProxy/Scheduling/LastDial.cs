namespace UserProxy.Scheduling;

/// <summary>How the last dial to an endpoint ended, or that an answer of it has been seen since.</summary>
public enum LastDial
{
    /// <summary>None has ended yet.</summary>
    None,

    /// <summary>The endpoint took it, or has sent a datagram.</summary>
    Answered,

    Refused,

    TimedOut,

    Unreachable,

    /// <summary>This node could not even try.</summary>
    LocalFault,

    /// <summary>It would come back to us.</summary>
    Loop,
}
