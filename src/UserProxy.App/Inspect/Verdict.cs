namespace UserProxy.App.Inspect;

/// <summary>Who really handles a port: the words of <c>inspect</c> (docs/inspect.md).</summary>
internal enum Verdict
{
    /// <summary>A process accepts.</summary>
    Handled,

    /// <summary>The running userproxy accepts, and no endpoint behind it answers: clients are let in and then reset.</summary>
    Unserved,

    /// <summary>Listening, and nobody accepts.</summary>
    Placeholder,

    /// <summary>No socket here takes the connection, and yet it is answered: NAT.</summary>
    Kernel,

    /// <summary>Refused.</summary>
    None,

    /// <summary>No answer.</summary>
    Filtered,

    /// <summary>Listening or bound, nothing waits and nobody is connected: a process that never accepts looks the same.</summary>
    Idle,

    /// <summary>What may be looked at does not tell.</summary>
    Unknown,
}
