using System.Text.Json;
using System.Text.Json.Serialization;
using UserProxy.Kubernetes.Api.Events;
using UserProxy.Kubernetes.Objects;

namespace UserProxy.Kubernetes.Api;

/// <summary>The objects of the API to and from JSON, without reflection. Fields that are not ours are skipped.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ServiceObject))]
[JsonSerializable(typeof(EndpointSliceObject))]
[JsonSerializable(typeof(NodeObject))]
[JsonSerializable(typeof(ConfigMapObject))]
[JsonSerializable(typeof(NetworkPolicyObject))]
[JsonSerializable(typeof(ApiStatus))]
[JsonSerializable(typeof(ListMeta))]
[JsonSerializable(typeof(EventObject))]
[JsonSerializable(typeof(CoreEventObject))]
internal sealed partial class ApiJson : JsonSerializerContext
{
    /// <summary>What the JSON library throws for bytes that are not what they should be; anything else is a defect of ours.</summary>
    public static bool IsMalformed(Exception e) => e is JsonException or InvalidOperationException or FormatException or ArgumentException;
}
