using System.Diagnostics;
using UserProxy.Scheduling;

namespace UserProxy.Policy;

/// <summary>
/// How one dial ended: the <c>reason</c> label of userproxy_connect_failures_total for all but the first and the last; what this node lacks is one of them.
/// </summary>
public enum ConnectOutcome
{
    Connected,

    /// <summary>The endpoint, or a firewall for it, answered with RST or port unreachable.</summary>
    Refused,

    /// <summary>Nothing answered within the connect timeout.</summary>
    TimedOut,

    /// <summary>The network said that there is no way to the endpoint.</summary>
    Unreachable,

    /// <summary>This node has no source port towards the endpoint, or no address of its family (EADDRNOTAVAIL).</summary>
    NoSourcePort,

    /// <summary>The process or the node has no descriptor left.</summary>
    NoDescriptor,

    /// <summary>The kernel has no memory for a socket.</summary>
    NoMemory,

    /// <summary>This node could not even try, for another reason. As the three before it says nothing about the endpoint.</summary>
    LocalFault,

    /// <summary>It would come back to us, or the connection has come round too often already: not tried.</summary>
    Loop,

    /// <summary>The client reset its connection while the dial was under way.</summary>
    ClientLeft,
}

/// <summary>What a failed dial leaves noted at its endpoint.</summary>
internal static class ConnectOutcomes
{
    public static LastDial ToLastDial(this ConnectOutcome failure) => failure switch
    {
        ConnectOutcome.Refused => LastDial.Refused,
        ConnectOutcome.TimedOut => LastDial.TimedOut,
        ConnectOutcome.Unreachable => LastDial.Unreachable,
        ConnectOutcome.NoSourcePort or ConnectOutcome.NoDescriptor or ConnectOutcome.NoMemory or ConnectOutcome.LocalFault => LastDial.LocalFault,
        ConnectOutcome.Loop => LastDial.Loop,
        _ => throw new UnreachableException(),
    };
}
