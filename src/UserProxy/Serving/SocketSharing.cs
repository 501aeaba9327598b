namespace UserProxy.Serving;

/// <summary>
/// Whether another process has our listening sockets, too: the successor that is taking them over, or the predecessor of which they came. One closed meanwhile
/// stays in LISTEN for the other. Of the process as a whole; set by the executable, read when a listener is closed.
/// </summary>
public sealed class SocketSharing
{
    private volatile bool _isShared;

    public bool IsShared
    {
        get => _isShared;
        set => _isShared = value;
    }
}
