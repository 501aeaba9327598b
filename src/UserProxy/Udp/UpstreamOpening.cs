namespace UserProxy.Udp;

/// <summary>What became of a socket with a client's address.</summary>
public enum UpstreamOpening
{
    /// <summary>It is open.</summary>
    Opened,

    /// <summary>No port, descriptor or memory is left: the end of another one makes room.</summary>
    NoneLeft,

    /// <summary>The kernel does not give it, whatever else is open: no route, no right.</summary>
    Refused,
}
