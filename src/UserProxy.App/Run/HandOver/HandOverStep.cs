using UserProxy.Syncing;
using UserProxy.Udp;

namespace UserProxy.App.Run.HandOver;

/// <summary>How far a hand-over of <see cref="SuccessorPort"/> has come, and the way back.</summary>
internal sealed class HandOverStep(HandOverParts parts)
{
    private const string HangingLoop = "a loop hangs here";

    private static readonly TimeSpan LongestClose = TimeSpan.FromSeconds(2);

    private bool _isPaused, _isSuspended;

    public ListenerHandOver? Listeners { get; private set; }

    public async Task HoldStillAsync(CancellationToken stop)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(TakeoverTalk.Patience);
        try
        {
            Listeners = await parts.Proxier.HoldStillAsync(patience.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new TakeoverException("a change of what is served takes too long here");
        }

        parts.Shared.IsShared = true;
    }

    public async Task PauseAsync(CancellationToken stop)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(TakeoverTalk.Patience);
        try
        {
            if (parts.VirtualIPs is { } virtualIPs) await virtualIPs.SuspendAsync(patience.Token);
            _isSuspended = true;
            _isPaused = true;
            await Task.WhenAll(Listeners!.PauseAsync(), parts.Servers.PauseAsync()).WaitAsync(patience.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new TakeoverException(HangingLoop);
        }
    }

    public async Task<IReadOnlyList<HandedLoop>> PauseAnswersAsync(TimeProvider time)
    {
        try
        {
            return await Listeners!.PauseAnswersAsync().WaitAsync(TakeoverTalk.Patience, time);
        }
        catch (TimeoutException)
        {
            throw new TakeoverException(HangingLoop);
        }
    }

    /// <summary>One that stops leaves everything to the other, which sees it end.</summary>
    public void Undo(bool stops)
    {
        if (stops) return;
        if (_isSuspended) parts.VirtualIPs?.Resume();
        if (_isPaused) parts.Servers.Resume();
        Listeners?.Undo();
        parts.Shared.IsShared = false;
    }

    public async Task CompleteAsync()
    {
        var closing = Task.WhenAll(Listeners!.CompleteAsync(), parts.Servers.CloseAsync());
        // An accept loop may have a client in hand that waits for a descriptor.
        await Task.WhenAny(closing, Task.Delay(LongestClose));
    }
}
