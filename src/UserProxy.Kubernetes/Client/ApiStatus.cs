using System.Text.Json;
using k8s.Models;
using UserProxy.Kubernetes.Objects;

namespace UserProxy.Kubernetes.Client;

/// <summary>What follows from a meta/v1 Status, which is how the server says that something failed: as an answer, or within a watch.</summary>
internal sealed class ApiStatus(V1Status status)
{
    /// <summary>Null for the answer of somebody who does not know Kubernetes.</summary>
    public int? Code => status.Code;

    /// <summary>Is what we asked from history?</summary>
    public bool IsGone => Code == 410 || status.Reason is "Expired" or "Gone";

    /// <summary>Is what we asked from a version that the server has not reached?</summary>
    public bool IsAhead =>
        status.Details?.Causes?.Any(cause => cause?.Reason == "ResourceVersionTooLarge") == true
        || status.Message?.Contains("Too large resource version", StringComparison.Ordinal) == true;

    public TimeSpan? RetryAfter => status.Details?.RetryAfterSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    public static ApiStatus? TryRead(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, PackageJson.Default.V1Status) is { } status ? new ApiStatus(status) : null;
        }
        catch (Exception e) when (ApiJson.IsMalformed(e))
        {
            return null;
        }
    }

    public override string ToString() => PrintableText.Of(status.Message ?? status.Reason ?? "no reason given", 300);
}
