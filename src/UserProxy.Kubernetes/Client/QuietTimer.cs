namespace UserProxy.Kubernetes.Client;

/// <summary>
/// Cancels what waits for the server when nothing has come for a while, when it has lasted too long altogether, or when the caller
/// cancels. For one request.
/// </summary>
internal sealed class QuietTimer : IDisposable
{
    private readonly TimeSpan _silence;
    private readonly CancellationTokenSource _quiet;
    private readonly CancellationTokenSource _deadline;
    private readonly CancellationTokenSource _any;

    public QuietTimer(TimeSpan silence, TimeProvider time, CancellationToken cancellationToken, TimeSpan? deadline = null)
    {
        _silence = silence;
        _quiet = new CancellationTokenSource(silence, time);
        _deadline = new CancellationTokenSource(deadline ?? Timeout.InfiniteTimeSpan, time);
        _any = CancellationTokenSource.CreateLinkedTokenSource(_quiet.Token, _deadline.Token, cancellationToken);
    }

    public CancellationToken Token => _any.Token;

    /// <summary>Something has come, or the wait begins.</summary>
    public void Restart() => _quiet.CancelAfter(_silence);

    /// <summary>Nobody waits for the server now: the silence is our own.</summary>
    public void Pause() => _quiet.CancelAfter(Timeout.InfiniteTimeSpan);

    public void Dispose()
    {
        _any.Dispose();
        _deadline.Dispose();
        _quiet.Dispose();
    }
}
