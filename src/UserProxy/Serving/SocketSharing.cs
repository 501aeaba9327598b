namespace UserProxy.Serving;

/// <summary>
/// Whether another process has our listening sockets, too: the successor that is taking them over, or the predecessor of which they came. One closed meanwhile
/// stays in LISTEN for the other. Of the process as a whole; set by the executable, read when a listener is closed.
/// </summary>
public sealed class SocketSharing
{
    private volatile bool _isShared;

    /// <summary>
    /// Completes when a predecessor has closed what it listened on and this process does not. Until then a port that it has is no fault: it is free soon.
    /// </summary>
    public Task Left { get; init; } = Task.CompletedTask;

    public bool IsShared
    {
        get => _isShared;
        set => _isShared = value;
    }
}
