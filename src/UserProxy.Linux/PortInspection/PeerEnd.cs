namespace UserProxy.Linux.PortInspection;

/// <summary>How the other side ended a test connection by itself, while it was held open.</summary>
public enum PeerEnd
{
    None,
    Fin,
    Reset,
}
