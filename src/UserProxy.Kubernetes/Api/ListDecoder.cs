using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;

namespace UserProxy.Kubernetes.Api;

/// <summary>
/// Reads one page of a list as it arrives and hands out its items one by one: neither the page nor a tree of it is ever held, and an item
/// that cannot be read does not cost the others. Used once, by <see cref="ApiClient"/>.
/// </summary>
internal sealed class ListDecoder<T>(ApiResource<T> resource, Action<DecodedItem<T>> onItem)
    where T : class
{
    /// <summary>etcd takes no object over 1.5 MiB; what is not complete after this much is none.</summary>
    public const int MaxItemBytes = 16 << 20;

    private JsonReaderState _state;
    private Place _place = Place.Start;
    private ListMeta? _meta;

    private enum Place
    {
        Start,
        Fields,
        Items,
        End,
    }

    /// <returns>The list's own metadata.</returns>
    /// <exception cref="ApiException">It is no list.</exception>
    public async Task<ListMeta> ReadAsync(PipeReader body, CancellationToken cancellationToken)
    {
        int wanted = 1;
        while (true)
        {
            var read = await body.ReadAtLeastAsync(wanted, cancellationToken).ConfigureAwait(false);
            var buffer = read.Buffer;
            long consumed;
            try
            {
                consumed = Decode(buffer, read.IsCompleted);
            }
            catch (Exception e) when (ApiJson.IsMalformed(e))
            {
                throw new ApiException(ApiFailure.Malformed, $"the list is no JSON: {PrintableText.Of(e.Message)}", e);
            }

            var rest = buffer.Slice(consumed);
            if (rest.Length > MaxItemBytes) throw new ApiException(ApiFailure.Malformed, $"the list holds an item over {MaxItemBytes >> 20} MiB");
            // Twice what did not suffice: an item is looked at a few times, not once for each piece that it comes in.
            wanted = (int)Math.Max(1, 2 * rest.Length);
            body.AdvanceTo(rest.Start, buffer.End);
            if (_place == Place.End) return _meta ?? new ListMeta();
            if (read.IsCompleted) throw new ApiException(ApiFailure.Unreachable, "the list was cut off before its end");
        }
    }

    /// <summary>Takes as many whole values as there are; gives the bytes that they were.</summary>
    private long Decode(ReadOnlySequence<byte> buffer, bool final)
    {
        var reader = new Utf8JsonReader(buffer, final, _state);
        var whole = reader;
        while (_place != Place.End && TryStep(ref reader, buffer)) whole = reader;
        if (_place == Place.End) whole = reader;
        _state = whole.CurrentState;
        return whole.BytesConsumed;
    }

    private bool TryStep(ref Utf8JsonReader reader, ReadOnlySequence<byte> buffer)
    {
        var place = _place;
        if (!reader.Read()) return false;
        switch (place)
        {
            case Place.Start:
                if (reader.TokenType != JsonTokenType.StartObject) throw new JsonException("an object was expected");
                _place = Place.Fields;
                return true;
            case Place.Items when reader.TokenType == JsonTokenType.EndArray:
                _place = Place.Fields;
                return true;
            case Place.Items:
                long start = reader.TokenStartIndex;
                if (!reader.TrySkip()) return false;
                onItem(ItemDecoder.Decode(buffer.Slice(start, reader.BytesConsumed - start), resource));
                return true;
            case Place.Fields when reader.TokenType == JsonTokenType.EndObject:
                _place = Place.End;
                return true;
            default:
                return TryField(ref reader, buffer);
        }
    }

    private bool TryField(ref Utf8JsonReader reader, ReadOnlySequence<byte> buffer)
    {
        bool isItems = reader.ValueTextEquals("items"u8);
        bool isMetadata = reader.ValueTextEquals("metadata"u8);
        if (!reader.Read()) return false;
        if (isItems && reader.TokenType == JsonTokenType.StartArray)
        {
            _place = Place.Items;
            return true;
        }

        long start = reader.TokenStartIndex;
        if (!reader.TrySkip()) return false;
        if (!isMetadata) return true;
        var meta = new Utf8JsonReader(buffer.Slice(start, reader.BytesConsumed - start));
        _meta = JsonSerializer.Deserialize(ref meta, ApiJson.Default.ListMeta);
        return true;
    }
}
