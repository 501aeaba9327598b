using System.Buffers;
using System.IO.Pipelines;

namespace UserProxy.App.Servers.Http;

/// <summary>
/// What a client sends, for Kestrel to read. Kestrel skips empty lines before a request (RFC 9112, 2.2) without end, and for each of them goes back to its
/// loop: a few hundred clients that send nothing else take a processor. So they end a connection after a few.
/// </summary>
/// <param name="sent">By the client.</param>
/// <param name="tooMany">Ends the connection.</param>
internal sealed class EmptyLineBound(PipeReader sent, Action tooMany) : PipeReader
{
    /// <summary>Bytes of empty lines in a row. Clients are known to send one after the body of a POST.</summary>
    private const int Most = 1024;

    private ReadOnlySequence<byte> _read;
    private long _inARow;

    public override bool TryRead(out ReadResult result)
    {
        bool isRead = sent.TryRead(out result);
        if (isRead) _read = result.Buffer;
        return isRead;
    }

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        var result = await sent.ReadAsync(cancellationToken);
        _read = result.Buffer;
        return result;
    }

    public override void AdvanceTo(SequencePosition consumed)
    {
        Count(consumed);
        sent.AdvanceTo(consumed);
    }

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        Count(consumed);
        sent.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => sent.CancelPendingRead();

    public override void Complete(Exception? exception = null) => sent.Complete(exception);

    private void Count(SequencePosition consumed)
    {
        var taken = _read.Slice(_read.Start, consumed);
        _read = default;
        foreach (var part in taken)
        {
            if (!part.Span.ContainsAnyExcept((byte)'\r', (byte)'\n')) continue;
            _inARow = 0;
            return;
        }

        _inARow += taken.Length;
        if (_inARow > Most) tooMany();
    }
}
