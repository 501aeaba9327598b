namespace UserProxy.Linux.PortInspection;

/// <summary>What a test connection's handshake came to.</summary>
public enum ProbeOutcome
{
    /// <summary>The handshake was completed, by whomever.</summary>
    Connected,

    /// <summary>RST, or ICMP port unreachable.</summary>
    Refused,

    /// <summary>Nothing came back in time.</summary>
    NoAnswer,

    /// <summary>A router or a rule said that there is no way.</summary>
    Unreachable,

    /// <summary>It could not be tried: no such address family or address here, or no descriptor left.</summary>
    NotTried,
}
