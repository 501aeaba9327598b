using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;

namespace UserProxy.Kubernetes.Objects;

/// <summary>
/// The bytes of a watch to its events, one line each, however the bytes are cut. A line that makes no sense is an event of its own kind
/// and not the end of the stream.
/// </summary>
/// <param name="body">The bytes.</param>
/// <param name="resource">Of what.</param>
/// <param name="maxLineBytes">etcd takes no object over 1.5 MiB; what is longer than this is none.</param>
internal sealed class WatchDecoder<T>(PipeReader body, ApiResource<T> resource, int maxLineBytes = 16 << 20)
    where T : class
{
    private long _scanned; // of the buffer: no line end in there
    private bool _skipping; // the rest of a line that is too long

    /// <returns>Null at the end of the stream; what is left of a line then was cut off and is dropped.</returns>
    public async ValueTask<WatchEvent<T>?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await body.ReadAsync(cancellationToken).ConfigureAwait(false);
            var buffer = read.Buffer;
            if (buffer.Slice(_scanned).PositionOf((byte)'\n') is not { } end)
            {
                if (read.IsCompleted) return null;
                if (buffer.Length <= maxLineBytes && !_skipping)
                {
                    _scanned = buffer.Length;
                    body.AdvanceTo(buffer.Start, buffer.End);
                    continue;
                }

                _skipping = true;
                _scanned = 0;
                body.AdvanceTo(buffer.End);
                continue;
            }

            var line = buffer.Slice(0, end);
            bool tooLong = _skipping || line.Length > maxLineBytes;
            WatchEvent<T>? found = tooLong ? Invalid(null, null, $"a line over {maxLineBytes} bytes") : Decode(line);
            _skipping = false;
            _scanned = 0;
            body.AdvanceTo(buffer.GetPosition(1, end));
            if (found is not null) return found;
        }
    }

    private static WatchEvent<T> Invalid(ObjectId? id, string? version, string flaw) => new(WatchEventKind.Invalid, id, null, version) { Flaw = flaw };

    /// <summary>Null for an empty line.</summary>
    private WatchEvent<T>? Decode(ReadOnlySequence<byte> line)
    {
        if (line.IsEmpty || (line.Length == 1 && line.FirstSpan[0] == '\r')) return null;
        try
        {
            var (type, item) = Split(line);
            // Whatever it says: the watch is over.
            if (type == "ERROR") return new WatchEvent<T>(WatchEventKind.Error, null, null, null)
            {
                Status = item is { } status ? Encoding.UTF8.GetString(status) : null,
            };
            return item is { } json ? Decode(type, json) : Invalid(null, null, "a line without an object");
        }
        catch (Exception e) when (ApiJson.IsMalformed(e))
        {
            return Invalid(null, null, PrintableText.Of(e.Message));
        }
    }

    private static (string? Type, ReadOnlySequence<byte>? Item) Split(ReadOnlySequence<byte> line)
    {
        string? type = null;
        ReadOnlySequence<byte>? item = null;
        var reader = new Utf8JsonReader(line);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) throw new JsonException("a line that is no object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isType = reader.ValueTextEquals("type"u8);
            bool isItem = reader.ValueTextEquals("object"u8);
            reader.Read();
            long start = reader.TokenStartIndex;
            if (isType && reader.TokenType == JsonTokenType.String) type = reader.GetString();
            reader.Skip();
            if (isItem) item = line.Slice(start, reader.BytesConsumed - start);
        }

        return (type, item);
    }

    private WatchEvent<T> Decode(string? type, ReadOnlySequence<byte> json)
    {
        var (id, version) = ItemDecoder.TryReadIdentity(new Utf8JsonReader(json));
        switch (type)
        {
            case "BOOKMARK":
                return version is null ? Invalid(null, null, "a bookmark without a version") : new WatchEvent<T>(WatchEventKind.Bookmark, null, null, version);
            // The name is enough to delete, whatever the rest of the object looks like.
            case "DELETED" when id is not null:
                return new WatchEvent<T>(WatchEventKind.Delete, id, null, version);
            case "ADDED" or "MODIFIED":
                var decoded = DecodeItem(json);
                return decoded.Item is null
                    ? Invalid(decoded.Id, version, decoded.Flaw ?? "")
                    : new WatchEvent<T>(WatchEventKind.Upsert, decoded.Id, decoded.Item, version);
            default:
                return Invalid(id, version, $"an event of type {PrintableText.Quote(type)}");
        }
    }

    /// <summary>The decoder wants one span, and the pipe has the line in pieces.</summary>
    private DecodedItem<T> DecodeItem(ReadOnlySequence<byte> json)
    {
        if (json.IsSingleSegment) return ItemDecoder.Decode(json.FirstSpan, resource);
        int length = checked((int)json.Length);
        byte[] whole = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            json.CopyTo(whole);
            return ItemDecoder.Decode(whole.AsSpan(0, length), resource);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(whole);
        }
    }
}
