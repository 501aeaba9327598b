using System.Text.Json.Serialization;

namespace UserProxy.Kubernetes.Api.Access;

/// <summary>What is spoken with exec plugins (client.authentication.k8s.io), without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ExecCredentialRequest))]
[JsonSerializable(typeof(ExecCredentialAnswer))]
internal sealed partial class AccessJson : JsonSerializerContext;

internal sealed record ExecCredentialRequest
{
    public required string ApiVersion { get; init; }

    public string Kind { get; init; } = "ExecCredential";

    public ExecCredentialSpec Spec { get; init; } = new();
}

internal sealed record ExecCredentialSpec
{
    public ExecCluster? Cluster { get; init; }

    public bool Interactive { get; init; }
}

internal sealed record ExecCluster
{
    public string? Server { get; init; }

    [JsonPropertyName("tls-server-name")]
    public string? TlsServerName { get; init; }

    [JsonPropertyName("insecure-skip-tls-verify")]
    public bool? InsecureSkipTlsVerify { get; init; }

    [JsonPropertyName("certificate-authority-data")]
    public byte[]? CertificateAuthorityData { get; init; }

    [JsonPropertyName("proxy-url")]
    public string? ProxyUrl { get; init; }
}

internal sealed record ExecCredentialAnswer
{
    public string? ApiVersion { get; init; }

    public string? Kind { get; init; }

    public ExecCredentialStatus? Status { get; init; }
}

internal sealed record ExecCredentialStatus
{
    public DateTimeOffset? ExpirationTimestamp { get; init; }

    public string? Token { get; init; }

    public string? ClientCertificateData { get; init; }

    public string? ClientKeyData { get; init; }
}
