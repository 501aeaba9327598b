namespace UserProxy.Policy;

/// <summary>What a client from outside this node that connects to a listener's address meets.</summary>
public enum ListenerState
{
    /// <summary>In LISTEN with a living accept loop.</summary>
    Listening,

    /// <summary>It is refused: by the kernel, as nothing listens, or by a reset where only clients of this node are served. The reason says which.</summary>
    Refusing,

    /// <summary>Its SYN is discarded: there is no endpoint on this node, and its next try may land on another.</summary>
    Dropping,

    /// <summary>Wanted but not bound; the reason says why, and it is tried again.</summary>
    Failed,
}
