using System.Net;
using System.Net.Sockets;
using UserProxy.Serving;

namespace UserProxy.App.Servers.Http;

/// <summary>What <see cref="HttpPorts"/> have to know of the processes before and after this one.</summary>
/// <param name="Inherited">What a predecessor listened on; null without one.</param>
/// <param name="MayListen">Completes when it answers no more.</param>
/// <param name="Shared">Whether another process has the sockets, too.</param>
internal sealed record HandOverOfPorts(InheritedPorts? Inherited, Task MayListen, SocketSharing Shared)
{
    /// <summary>Nobody came before, and nobody comes after.</summary>
    public static HandOverOfPorts None { get; } = new(null, Task.CompletedTask, new SocketSharing());

    /// <summary>Null when there is none; then it is bound.</summary>
    public Socket? Take(EndPoint at, bool isOfNode = false) => Inherited?.Take(at, isOfNode);
}
