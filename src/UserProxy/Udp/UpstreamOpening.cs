namespace UserProxy.Udp;

/// <summary>What became of a socket with a client's address.</summary>
public enum UpstreamOpening
{
    /// <summary>It is open.</summary>
    Opened,

    /// <summary>No port, descriptor or memory is left: the end of another one makes room.</summary>
    NoneLeft,

    /// <summary>Each port that the kernel gave has to rest, for another session: the end of one makes no room. Said by <see cref="KeptPorts"/> alone.</summary>
    AllRest,

    /// <summary>The kernel does not give it, whatever else is open: no route, no right.</summary>
    Refused,
}
