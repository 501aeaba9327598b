namespace UserProxy;

/// <summary>What a client that connects to a listener's address meets.</summary>
public enum ListenerState
{
    /// <summary>In LISTEN with a living accept loop.</summary>
    Listening,

    /// <summary>Not bound because no endpoint is usable: the kernel refuses.</summary>
    Refusing,

    /// <summary>Wanted but not bound; the reason says why, and it is tried again.</summary>
    Failed,
}
