using System.Text.Json;
using System.Text.Json.Serialization;

namespace UserProxy.Kubernetes.Client.Access;

/// <summary>A kubeconfig (v1 Config), only the fields that are read here.</summary>
internal sealed record Kubeconfig
{
    public string? Kind { get; init; }

    public string? CurrentContext { get; init; }

    public IReadOnlyList<KubeconfigEntry>? Contexts { get; init; }

    public IReadOnlyList<KubeconfigEntry>? Clusters { get; init; }

    public IReadOnlyList<KubeconfigEntry>? Users { get; init; }
}

/// <summary>An entry of one of the lists: the one of its last three fields that is named as the list is there.</summary>
internal sealed record KubeconfigEntry
{
    public string? Name { get; init; }

    public KubeconfigContext? Context { get; init; }

    public KubeconfigCluster? Cluster { get; init; }

    public KubeconfigUser? User { get; init; }
}

/// <summary>Which cluster, and as which user.</summary>
internal sealed record KubeconfigContext
{
    public string? Cluster { get; init; }

    public string? User { get; init; }
}

/// <summary>Where the API server is and whom to believe.</summary>
internal sealed record KubeconfigCluster
{
    public string? Server { get; init; }

    public string? TlsServerName { get; init; }

    public string? ProxyUrl { get; init; }

    public bool? InsecureSkipTlsVerify { get; init; }

    public string? CertificateAuthority { get; init; }

    public string? CertificateAuthorityData { get; init; }
}

/// <summary>Who we are.</summary>
internal sealed record KubeconfigUser
{
    public string? Token { get; init; }

    [JsonPropertyName("tokenFile")]
    public string? TokenFile { get; init; }

    public string? Username { get; init; }

    public string? Password { get; init; }

    public string? ClientCertificate { get; init; }

    public string? ClientCertificateData { get; init; }

    public string? ClientKey { get; init; }

    public string? ClientKeyData { get; init; }

    public KubeconfigExec? Exec { get; init; }

    public JsonElement? AuthProvider { get; init; }

    public JsonElement? As { get; init; }

    public JsonElement? AsUid { get; init; }

    public JsonElement? AsGroups { get; init; }

    public JsonElement? AsUserExtra { get; init; }

    /// <summary>The name of a field that makes this another user than the rest says, and is not supported; null when none is there.</summary>
    [JsonIgnore]
    public string? Unsupported =>
        AuthProvider is not null ? "auth-provider"
        : As is not null ? "as"
        : AsUid is not null ? "as-uid"
        : AsGroups is not null ? "as-groups"
        : AsUserExtra is not null ? "as-user-extra"
        : null;
}

/// <summary>The program that gives the credentials; read by <see cref="ExecSettings"/>.</summary>
internal sealed record KubeconfigExec
{
    [JsonPropertyName("apiVersion")]
    public string? ApiVersion { get; init; }

    public string? Command { get; init; }

    public IReadOnlyList<string>? Args { get; init; }

    public IReadOnlyList<KubeconfigVariable>? Env { get; init; }

    [JsonPropertyName("interactiveMode")]
    public string? InteractiveMode { get; init; }

    [JsonPropertyName("provideClusterInfo")]
    public bool? ProvideClusterInfo { get; init; }

    [JsonPropertyName("installHint")]
    public string? InstallHint { get; init; }
}

/// <summary>A variable of the program's environment.</summary>
internal sealed record KubeconfigVariable(string? Name, string? Value);

/// <summary>Kubeconfigs from JSON, without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.KebabCaseLower)]
[JsonSerializable(typeof(Kubeconfig))]
internal sealed partial class KubeconfigJson : JsonSerializerContext;
