using System.Buffers;
using System.Text.Json;

namespace UserProxy.Kubernetes.Api;

/// <summary>One object's JSON to the object, or to its name and what is wrong with it. Used for the items of lists and the events of watches.</summary>
internal static class ItemDecoder
{
    public static DecodedItem<T> Decode<T>(ReadOnlySequence<byte> json, ApiResource<T> resource)
        where T : class
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            var item = JsonSerializer.Deserialize(ref reader, resource.Type);
            string? flaw = item is null ? "is null" : resource.Flaw(item);
            if (flaw is not null) return new DecodedItem<T>(TryReadIdentity(json).Id, null, flaw);
            var meta = resource.Metadata(item!)!;
            return new DecodedItem<T>(new ObjectId(meta.Namespace ?? "", meta.Name!), item, null);
        }
        catch (Exception e) when (ApiJson.IsMalformed(e))
        {
            return new DecodedItem<T>(TryReadIdentity(json).Id, null, PrintableText.Of(e.Message));
        }
    }

    /// <summary>What can be had of an object's metadata whatever its other fields hold; nothing when it is no JSON.</summary>
    public static (ObjectId? Id, string? ResourceVersion) TryReadIdentity(ReadOnlySequence<byte> json)
    {
        try
        {
            return ReadIdentity(new Utf8JsonReader(json));
        }
        catch (Exception e) when (ApiJson.IsMalformed(e))
        {
            return default;
        }
    }

    private static (ObjectId?, string?) ReadIdentity(Utf8JsonReader reader)
    {
        string? name = null;
        string space = "";
        string? version = null;
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return default;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isMetadata = reader.ValueTextEquals("metadata"u8);
            reader.Read();
            if (!isMetadata || reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                string? field = reader.GetString();
                reader.Read();
                string? value = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
                if (value is null) reader.Skip();
                else if (field == "name") name = value;
                else if (field == "namespace") space = value;
                else if (field == "resourceVersion") version = value;
            }

            break;
        }

        return (string.IsNullOrEmpty(name) ? null : new ObjectId(space, name), string.IsNullOrEmpty(version) ? null : version);
    }
}

/// <summary>Exactly one of <paramref name="Item"/> and <paramref name="Flaw"/> is there; with an item also its <paramref name="Id"/>.</summary>
internal readonly record struct DecodedItem<T>(ObjectId? Id, T? Item, string? Flaw)
    where T : class;
