using System.Text.Json.Serialization;

namespace UserProxy.App.Servers.Health;

/// <summary>What <c>/healthz</c> and <c>/livez</c> answer: kube-proxy's fields in kube-proxy's order; <c>nodeEligible</c> only in the former.</summary>
internal sealed record HealthBody(DateTimeOffset LastUpdated, DateTimeOffset CurrentTime, bool? NodeEligible, bool Healthy, FamilyStatus Status);

/// <summary>Both families are applied together here, so they always agree.</summary>
internal sealed record FamilyStatus(
    [property: JsonPropertyName("IPv4")] FamilyHealth IPv4,
    [property: JsonPropertyName("IPv6")] FamilyHealth IPv6);

/// <summary>One family of <see cref="FamilyStatus"/>.</summary>
internal sealed record FamilyHealth(DateTimeOffset LastUpdated, bool Healthy);

/// <summary>What <c>/readyz</c> answers.</summary>
internal sealed record ReadyBody(bool Ready);

/// <summary>What a healthCheckNodePort answers.</summary>
internal sealed record ServiceHealthBody(ServiceReference Service, int LocalEndpoints, bool ServiceProxyHealthy);

/// <summary>The Service of a <see cref="ServiceHealthBody"/>.</summary>
internal sealed record ServiceReference(string Namespace, string Name);

/// <summary>Writes the bodies without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(HealthBody))]
[JsonSerializable(typeof(ReadyBody))]
[JsonSerializable(typeof(ServiceHealthBody))]
internal sealed partial class HealthJson : JsonSerializerContext;
