namespace UserProxy.Linux.Nft;

/// <summary>
/// Knows that nft(8) hangs, as it does while somebody has the kernel's lock: nobody waits for it again, and it is tried in the background, later and later,
/// until it comes back. Of one <see cref="NftTool"/>.
/// </summary>
/// <param name="time">For the pauses.</param>
/// <param name="answered">Called when it has come back, on any thread.</param>
internal sealed class NftPatience(TimeProvider time, Action answered) : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1), LongestPause = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private volatile string? _trouble;
    private TimeSpan _pause = FirstPause;
    private Task _trying = Task.CompletedTask;

    /// <summary>Why it is not run; null when it answers, for all that is known.</summary>
    public string? Trouble => _trouble;

    /// <summary>It has done its work: the next pause is the first one again.</summary>
    public void Reset() => _pause = FirstPause;

    /// <summary>It hangs: tries it in the background until it comes back.</summary>
    /// <param name="trouble">In words.</param>
    /// <param name="answers">Runs it once: whether it has come back, whatever it says.</param>
    public void StartRetrying(string trouble, Func<CancellationToken, Task<bool>> answers)
    {
        lock (_lock)
        {
            if (_trouble is not null || _stop.IsCancellationRequested) return;
            _trouble = trouble;
            _trying = TryAsync(answers, _stop.Token);
        }
    }

    /// <summary>What is known stays known: an end does not wait for it either.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _trying.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task TryAsync(Func<CancellationToken, Task<bool>> answers, CancellationToken stop)
    {
        do
        {
            await Task.Delay(_pause, time, stop);
            _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
        }
        while (!await AnswersAsync());
        _trouble = null;
        answered();

        async Task<bool> AnswersAsync()
        {
            try
            {
                return await answers(stop);
            }
            catch (Exception) when (!stop.IsCancellationRequested)
            {
                // One that cannot be killed, for instance: whatever it was, it is tried again.
                return false;
            }
        }
    }
}
