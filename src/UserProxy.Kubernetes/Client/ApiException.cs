namespace UserProxy.Kubernetes.Client;

/// <summary>A request that failed. Thrown by <see cref="ApiClient"/>; its message is bounded and printable whatever the server said.</summary>
internal sealed class ApiException(ApiFailure failure, string message, Exception? inner = null) : Exception(message, inner)
{
    public ApiFailure Failure { get; } = failure;

    /// <summary>How long the server asks to be left alone.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
