namespace UserProxy.Kubernetes.Client;

/// <summary>A request that failed. Thrown by <see cref="ApiClient"/>; its message is bounded and printable whatever the server said.</summary>
internal sealed class ApiException(ApiFailure failure, string message, Exception? inner = null) : Exception(message, inner)
{
    public ApiFailure Failure { get; } = failure;

    /// <summary>How long the server asks to be left alone.</summary>
    public TimeSpan? RetryAfter { get; init; }
}

/// <summary>Why a request to the API server came to nothing, as far as the next step depends on it.</summary>
internal enum ApiFailure
{
    /// <summary>No connection, or one that was cut: refused, unreachable, TLS.</summary>
    Unreachable,

    /// <summary>No answer, or the answer stopped in the middle, for longer than is waited.</summary>
    Silent,

    /// <summary>400: the server does not understand, such as an old one a field selector.</summary>
    BadRequest,

    /// <summary>401, also after the credentials have been renewed; or there are none.</summary>
    Unauthorized,

    /// <summary>403.</summary>
    Forbidden,

    /// <summary>404: not this API, or not this object.</summary>
    NotFound,

    /// <summary>409: an object of this name is there already.</summary>
    Exists,

    /// <summary>410 in any of its forms: what the resourceVersion or the continue token stands for is history.</summary>
    Gone,

    /// <summary>A version that the server has not reached: it was restored from a backup, and will never catch up with us.</summary>
    Ahead,

    /// <summary>Any other ERROR within a watch, bar 429: the server will not tell what has happened since that version.</summary>
    WatchError,

    /// <summary>429: not now.</summary>
    TooManyRequests,

    /// <summary>5xx and whatever else is no success.</summary>
    ServerError,

    /// <summary>The answer is not what it should be: no JSON, no list, larger than any real one.</summary>
    Malformed,
}
