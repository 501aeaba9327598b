using System.Buffers;
using System.Text.Json;

namespace UserProxy.Kubernetes.Objects;

/// <summary>
/// The bytes of one page of a list to its metadata and its items, each as soon as it is there. An item that cannot be read does not cost the others.
/// </summary>
/// <param name="body">The bytes.</param>
/// <param name="resource">Of what.</param>
/// <param name="maxValueBytes">An item, or any other value of the page, that is longer makes it no list.</param>
internal sealed class ListDecoder<T>(Stream body, ApiResource<T> resource, int maxValueBytes)
    where T : class
{
    private const int FirstBuffer = 64 << 10;

    private JsonReaderState _state;

    public ListMeta? Metadata { get; private set; }

    /// <param name="take">Takes each item.</param>
    /// <param name="metadataIsRead">A server sends them first: what they say can be acted on while the items come.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="JsonException">It is no list.</exception>
    public async Task ReadAsync(Action<DecodedItem<T>> take, Action<ListMeta>? metadataIsRead, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(FirstBuffer);
        try
        {
            int length = 0;
            for (bool isAll = false; !isAll;)
            {
                // At least as much again as there is of a value: it is looked through anew with each try.
                int wanted = Math.Max(1, length);
                if (length + wanted > buffer.Length) Grow(ref buffer, length);
                int read = await body.ReadAtLeastAsync(buffer.AsMemory(length), wanted, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
                isAll = read < wanted;
                length += read;
                int used = Decode(buffer.AsSpan(0, length), isAll, take, metadataIsRead);
                buffer.AsSpan(used, length - used).CopyTo(buffer);
                length -= used;
                if (length > maxValueBytes) throw new JsonException($"it holds something of over {maxValueBytes >> 20} MiB");
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void Grow(ref byte[] buffer, int length)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(2 * buffer.Length);
        buffer.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }

    /// <returns>How many of the bytes are done with: all but what has begun and does not end in them.</returns>
    private int Decode(ReadOnlySpan<byte> bytes, bool isAll, Action<DecodedItem<T>> take, Action<ListMeta>? metadataIsRead)
    {
        var reader = new Utf8JsonReader(bytes, isAll, _state);
        var done = reader;
        while (reader.Read() && TryTake(ref reader, bytes, take, metadataIsRead)) done = reader;
        _state = done.CurrentState;
        return (int)done.BytesConsumed;
    }

    /// <summary>One item, property, or bracket around them. False when it is not all there.</summary>
    private bool TryTake(ref Utf8JsonReader reader, ReadOnlySpan<byte> bytes, Action<DecodedItem<T>> take, Action<ListMeta>? metadataIsRead)
    {
        if (reader.TokenType is JsonTokenType.EndArray or JsonTokenType.EndObject) return true;
        if (reader.CurrentDepth == 0) return reader.TokenType == JsonTokenType.StartObject ? true : throw new JsonException("it is no object");
        bool isMetadata = false;
        if (reader.TokenType == JsonTokenType.PropertyName)
        {
            isMetadata = reader.ValueTextEquals("metadata"u8);
            bool isItems = reader.ValueTextEquals("items"u8);
            if (!reader.Read()) return false;
            if (isItems && reader.TokenType == JsonTokenType.StartArray) return true;
            if (isItems && reader.TokenType != JsonTokenType.Null) throw new JsonException("its items are no array");
            if (!isMetadata) return reader.TrySkip();
        }

        int start = (int)reader.TokenStartIndex;
        if (!reader.TrySkip()) return false;
        var value = bytes[start..(int)reader.BytesConsumed];
        if (!isMetadata) take(ItemDecoder.Decode(value, resource));
        else if ((Metadata = JsonSerializer.Deserialize(value, ApiJson.Default.ListMeta)) is { } metadata) metadataIsRead?.Invoke(metadata);
        return true;
    }
}

/// <summary>The metadata of a list: where a watch goes on from, and the token of the next page.</summary>
internal sealed record ListMeta
{
    public string? ResourceVersion { get; init; }

    public string? Continue { get; init; }
}
