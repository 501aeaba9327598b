using System.Text.Json;
using System.Text.Json.Serialization;

namespace UserProxy.Kubernetes.Objects;

/// <summary>One page of a list: where a watch goes on from, and its items, read as they arrive.</summary>
internal sealed record ListPage<T>
    where T : class
{
    public ListMeta? Metadata { get; init; }

    public IReadOnlyList<DecodedItem<T>>? Items { get; init; }
}

/// <summary>Reads an item of a <see cref="ListPage{T}"/>: one that cannot be read does not cost the others.</summary>
internal sealed class ItemConverter<T>(ApiResource<T> resource) : JsonConverter<DecodedItem<T>>
    where T : class
{
    public override bool HandleNull => true;

    public override DecodedItem<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var item = reader;
        reader.TrySkip(); // the serializer has all of it here
        return ItemDecoder.Decode(item, resource);
    }

    public override void Write(Utf8JsonWriter writer, DecodedItem<T> value, JsonSerializerOptions options) => throw new NotSupportedException();
}

/// <summary>The metadata of a list: where a watch goes on from, and the token of the next page.</summary>
internal sealed record ListMeta
{
    public string? ResourceVersion { get; init; }

    public string? Continue { get; init; }
}
