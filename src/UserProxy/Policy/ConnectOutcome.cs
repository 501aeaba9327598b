namespace UserProxy.Policy;

/// <summary>How one dial ended: the <c>reason</c> label of userproxy_connect_failures_total for all but the first and the last.</summary>
public enum ConnectOutcome
{
    Connected,

    /// <summary>The endpoint, or a firewall for it, answered with RST or port unreachable.</summary>
    Refused,

    /// <summary>Nothing answered within the connect timeout.</summary>
    TimedOut,

    /// <summary>The network said that there is no way to the endpoint.</summary>
    Unreachable,

    /// <summary>This node could not even try (no port, no descriptor, no permission): says nothing about the endpoint.</summary>
    LocalFault,

    /// <summary>It would come back to us, or the connection has come round too often already: not tried.</summary>
    Loop,

    /// <summary>The client reset its connection while the dial was under way.</summary>
    ClientLeft,
}
