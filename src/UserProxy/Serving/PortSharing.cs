namespace UserProxy.Serving;

/// <summary>How a listening socket stands to others of ours at the same port; foreign ones are never joined.</summary>
public enum PortSharing
{
    /// <summary>Nobody else may be bound there.</summary>
    Alone,

    /// <summary>At one address of several: bound alone, and then our own wildcard socket may be bound beside it (SO_REUSEPORT, socket(7)).</summary>
    Part,

    /// <summary>A wildcard beside our own parts, which it is about to replace without a gap: the kernel prefers theirs while they are there.</summary>
    OverParts,
}
