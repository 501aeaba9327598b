namespace UserProxy.FunctionalTests.Support;

/// <summary>The states of include/net/tcp_states.h that tests ask for.</summary>
internal enum TcpSocketState
{
    Established = 1,
    TimeWait = 6,
    CloseWait = 8,
    Listen = 10,
}
