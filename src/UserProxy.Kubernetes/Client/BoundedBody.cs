using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;

namespace UserProxy.Kubernetes.Client;

/// <summary>
/// The body of a list, as the serializer reads it. The serializer keeps an item until its end is there, however long that takes; this one ends that. Used by
/// <see cref="ApiClient"/>.
/// </summary>
/// <param name="body">The bytes.</param>
/// <param name="maxKept">How many bytes the serializer may keep and still want more.</param>
internal sealed class BoundedBody(PipeReader body, int maxKept) : PipeReader
{
    private ReadOnlySequence<byte> _given;
    private long _kept;

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        Give(await Checked().ReadAsync(cancellationToken).ConfigureAwait(false));

    public override bool TryRead(out ReadResult result)
    {
        if (!Checked().TryRead(out result)) return false;
        Give(result);
        return true;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _kept = _given.Slice(consumed).Length;
        _given = default; // those bytes are the pipe's again
        body.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => body.CancelPendingRead();

    public override void Complete(Exception? exception = null) => body.Complete(exception);

    protected override async ValueTask<ReadResult> ReadAtLeastAsyncCore(int minimumSize, CancellationToken cancellationToken) =>
        Give(await Checked().ReadAtLeastAsync(minimumSize, cancellationToken).ConfigureAwait(false));

    private PipeReader Checked() => _kept <= maxKept ? body : throw new JsonException($"it holds something of over {maxKept >> 20} MiB");

    private ReadResult Give(ReadResult result)
    {
        _given = result.Buffer;
        return result;
    }
}
