using UserProxy.Linux.Transparent;
using UserProxy.Linux.VirtualIPs;
using UserProxy.Serving;

namespace UserProxy.App.Run.HandOver;

/// <summary>What a <see cref="SuccessorPort"/> hands over.</summary>
/// <param name="Proxier">The listeners of Services.</param>
/// <param name="Servers">Those of the process.</param>
/// <param name="Instance">The lock of this node.</param>
/// <param name="VirtualIPs">Null where none are served.</param>
/// <param name="Sources">What client addresses are kept by: the successor has it, too.</param>
/// <param name="Shared">Told while another process has the sockets, too.</param>
internal sealed record HandOverParts(
    Proxier Proxier, NodeServers Servers, InstanceLock Instance, RoutedVirtualIPs? VirtualIPs, TransparentSources? Sources, SocketSharing Shared)
{
    /// <summary>As lines: the successor says which differ from its own.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>Whether routes and rules of this node outlive this process.</summary>
    public void LeaveToSuccessor(bool isLeft)
    {
        if (VirtualIPs is not null) VirtualIPs.IsLeft = isLeft;
        if (Sources is not null) Sources.IsLeft = isLeft;
    }

    /// <summary>The successor has them: should it end, nobody holds them any more.</summary>
    public void ReleaseLocks()
    {
        Instance.Dispose();
        VirtualIPs?.Ownership.Dispose();
    }
}
