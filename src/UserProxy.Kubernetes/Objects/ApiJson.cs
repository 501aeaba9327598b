using System.Text.Json;
using System.Text.Json.Serialization;

namespace UserProxy.Kubernetes.Objects;

/// <summary>The objects of the API from JSON, without reflection. Fields that are not ours are skipped.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ServiceObject))]
[JsonSerializable(typeof(EndpointSliceObject))]
[JsonSerializable(typeof(NodeObject))]
[JsonSerializable(typeof(ConfigMapObject))]
[JsonSerializable(typeof(NetworkPolicyObject))]
[JsonSerializable(typeof(PodObject))]
[JsonSerializable(typeof(WrittenServiceObject))]
[JsonSerializable(typeof(ListMeta))]
[JsonSerializable(typeof(IdentifiedObject))]
[JsonSerializable(typeof(TypedObject))]
internal sealed partial class ApiJson : JsonSerializerContext
{
    /// <summary>What the JSON library throws for bytes that are not what they should be; anything else is a defect of ours.</summary>
    public static bool IsMalformed(Exception e) => e is JsonException or InvalidOperationException or FormatException or ArgumentException;
}
