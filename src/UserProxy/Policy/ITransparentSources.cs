using System.Net;
using System.Net.Sockets;

namespace UserProxy.Policy;

/// <summary>
/// Lets sockets leave with a client's address, and has the answers to it delivered to them: by rules and routes of this node, or not at all. Asked for by the
/// Proxier's loop when a Service first wants it; read at every dial.
/// </summary>
public interface ITransparentSources
{
    /// <summary>
    /// Adds what is needed and keeps it from then on. Completes when that has been tried for the first time, which lasts as long as the tools of the node
    /// take; cheap from then on. Does not throw for what the surroundings lack: see <see cref="Obstacle"/>.
    /// </summary>
    ValueTask UseAsync(CancellationToken cancellation);

    /// <summary>All that is needed for this family is there. From any thread.</summary>
    bool IsReady(AddressFamily family);

    /// <summary>Why it is not, in words that tell the next step; null when it is, has not been asked for, or has not been tried to the end.</summary>
    string? Obstacle(AddressFamily family);

    /// <summary>How the endpoint's answers to a client come to this node. From any thread; asks the kernel, and remembers for a while.</summary>
    AnswerPath PathOf(IPAddress endpoint, IPAddress client);
}

/// <summary>How what an endpoint answers to an address comes to the routing of this node.</summary>
public enum AnswerPath
{
    /// <summary>Not at all, or nobody can tell.</summary>
    Elsewhere,

    /// <summary>One of the two addresses is this node's own.</summary>
    Own,

    /// <summary>The client's address names no single host on the links of this node: a broadcast or anycast address.</summary>
    Nobody,

    /// <summary>By the link to the endpoint, as the client is behind another one.</summary>
    Routed,

    /// <summary>Both are ports of one bridge of this node, which has to be told to hand the answers up.</summary>
    Bridged,
}

/// <summary>Endpoints see this node.</summary>
public sealed class NoTransparentSources(string reason) : ITransparentSources
{
    public const string NotLinux = "client addresses are kept on Linux only";

    public ValueTask UseAsync(CancellationToken cancellation) => default;

    public bool IsReady(AddressFamily family) => false;

    public string? Obstacle(AddressFamily family) => reason;

    public AnswerPath PathOf(IPAddress endpoint, IPAddress client) => AnswerPath.Elsewhere;
}
