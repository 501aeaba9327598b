namespace UserProxy.Tcp.Sockets;

/// <summary>Why a <see cref="PipeHalf"/> reads no further.</summary>
internal enum HalfEnd
{
    /// <summary>The pipe holds bytes for the first time: it is to be drained, and reading goes on.</summary>
    Spilled,

    /// <summary>The source's FIN was read. Bytes before it may still be in the pipe.</summary>
    Fin,

    /// <summary>The source was reset, or its peer is gone.</summary>
    SourceLost,

    /// <summary>A write found the target reset, or its peer gone.</summary>
    TargetLost,
}
