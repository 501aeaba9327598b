namespace UserProxy.Tcp.Sockets;

/// <summary>How one direction of a relay ended.</summary>
internal enum HalfEnd
{
    /// <summary>The source sent its FIN and every byte before it has been written to the target.</summary>
    Fin,

    /// <summary>The source was reset, or its peer is gone.</summary>
    SourceLost,

    /// <summary>A write found the target reset, or its peer gone.</summary>
    TargetLost,
}
