using System.Text.Json;

namespace UserProxy.Kubernetes.Objects;

/// <summary>
/// One object's JSON to the object, or to its name and what is wrong with it. Used for the items of lists, the events of watches and manifests.
/// </summary>
internal static class ItemDecoder
{
    public static DecodedItem<T> Decode<T>(ReadOnlySpan<byte> json, ApiResource<T> resource)
        where T : class
    {
        try
        {
            var item = JsonSerializer.Deserialize(json, resource.Type); // handed a reader, it looks for the end first
            string? flaw = item is null ? "is null" : resource.Flaw(item);
            if (flaw is not null) return new DecodedItem<T>(TryReadIdentity(new Utf8JsonReader(json)).Id, null, flaw);
            var meta = resource.Metadata(item!)!;
            return new DecodedItem<T>(new ObjectId(meta.Namespace ?? "", meta.Name!), item, null);
        }
        catch (Exception e) when (ApiJson.IsMalformed(e))
        {
            return new DecodedItem<T>(TryReadIdentity(new Utf8JsonReader(json)).Id, null, PrintableText.Of(e.Message));
        }
    }

    /// <summary>What can be had of an object's metadata whatever its other fields hold; nothing when it is no JSON.</summary>
    public static (ObjectId? Id, string? ResourceVersion) TryReadIdentity(Utf8JsonReader reader)
    {
        try
        {
            var meta = JsonSerializer.Deserialize(ref reader, ApiJson.Default.IdentifiedObject)?.Metadata;
            return (string.IsNullOrEmpty(meta?.Name)
                ? null
                : new ObjectId(meta.Namespace ?? "", meta.Name), string.IsNullOrEmpty(meta?.ResourceVersion) ? null : meta.ResourceVersion);
        }
        catch (Exception e) when (ApiJson.IsMalformed(e))
        {
            return default;
        }
    }
}

/// <summary>Exactly one of <paramref name="Item"/> and <paramref name="Flaw"/> is there; with an item also its <paramref name="Id"/>.</summary>
internal readonly record struct DecodedItem<T>(ObjectId? Id, T? Item, string? Flaw)
    where T : class;

/// <summary>An object of any kind, as far as it says which and of when it is.</summary>
internal sealed record IdentifiedObject(IdentifiedObject.Meta? Metadata)
{
    public sealed record Meta(string? Name, string? Namespace, string? ResourceVersion);
}

/// <summary>What any object says of its own type; only manifests are asked.</summary>
internal sealed record TypedObject(string? ApiVersion, string? Kind);
