namespace UserProxy.Linux.PortInspection;

/// <summary>Which sockets are asked for: those with this local and this remote port, 0 for any.</summary>
internal readonly record struct SocketPorts(int Local, int Remote)
{
    public static SocketPorts At(int local) => new(local, 0);

    public static SocketPorts PeersOf(int remote) => new(0, remote);

    public bool Match(int local, int remote) => (Local == 0 || Local == local) && (Remote == 0 || Remote == remote);
}
