namespace UserProxy.App.Run.HandOver;

/// <summary>A hand-over that has come to nothing, while the other process is there: it refuses, hangs, or says what nobody understands.</summary>
/// <param name="reason">For people.</param>
/// <param name="isSilence">It hangs: nothing was heard of it for as long as a step may take.</param>
internal sealed class TakeoverException(string reason, bool isSilence = false) : Exception(reason)
{
    public bool IsSilence => isSilence;
}
