using System.Diagnostics;
using UserProxy.Scheduling;

namespace UserProxy.Policy;

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
