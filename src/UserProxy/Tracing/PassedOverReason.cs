namespace UserProxy.Tracing;

/// <summary>Why an endpoint was not chosen.</summary>
public enum PassedOverReason
{
    /// <summary>The scheduler chose another.</summary>
    NotChosen,

    /// <summary>The client is pinned to another.</summary>
    PinnedElsewhere,

    /// <summary>It was dialled for this client before, in vain.</summary>
    Tried,

    /// <summary>Failed dials keep new connections away from it for a while.</summary>
    Aside,

    /// <summary>It is on another node, and only endpoints of this node serve this client by the policy.</summary>
    NotLocal,

    /// <summary>Declared, and not ready.</summary>
    Unready,

    /// <summary>Ready, and not given to new connections here: zone hints, or its address may not be dialled.</summary>
    NotUsed,
}
