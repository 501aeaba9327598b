namespace UserProxy.Linux.PortInspection;

/// <summary>States of include/net/tcp_states.h. A UDP socket is <see cref="Established"/> when connected, else <see cref="Closed"/>.</summary>
public enum SocketState
{
    Unknown = 0,
    Established = 1,
    SynSent = 2,
    SynReceived = 3,
    FinWait1 = 4,
    FinWait2 = 5,
    TimeWait = 6,
    Closed = 7,
    CloseWait = 8,
    LastAck = 9,
    Listen = 10,
    Closing = 11,

    /// <summary>Bound and not in LISTEN (kernels from 6.8 on list them): the port is taken, and refuses.</summary>
    Bound = 13,
}
