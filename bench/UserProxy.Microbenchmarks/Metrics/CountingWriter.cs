using System.IO.Pipelines;

namespace UserProxy.Microbenchmarks.Metrics;

/// <summary>Takes what is written and keeps its length alone: one buffer, written over and over, so that what is measured is the writing.</summary>
internal sealed class CountingWriter : PipeWriter
{
    private byte[] _buffer = new byte[64 * 1024];

    public long Written { get; private set; }

    public override void Advance(int bytes) => Written += bytes;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (sizeHint > _buffer.Length) _buffer = new byte[sizeHint];
        return _buffer;
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
        new(new FlushResult(isCanceled: false, isCompleted: false));

    public override void CancelPendingFlush()
    {
    }

    public override void Complete(Exception? exception = null)
    {
    }
}
