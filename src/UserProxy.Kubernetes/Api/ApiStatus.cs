namespace UserProxy.Kubernetes.Api;

/// <summary>A meta/v1 Status: how the server says that something failed, as an answer or within a watch.</summary>
internal sealed record ApiStatus
{
    public string? Message { get; init; }

    public string? Reason { get; init; }

    public int? Code { get; init; }

    public ApiStatusDetails? Details { get; init; }

    /// <summary>Is what we asked from history? As HTTP 410, or as an ERROR event with that code or reason.</summary>
    public bool IsGone(int httpStatus) => httpStatus == 410 || Code == 410 || Reason is "Expired" or "Gone";

    /// <summary>Is what we asked from a version that the server has not reached?</summary>
    public bool IsAhead =>
        Details?.Causes?.Any(cause => cause?.Reason == "ResourceVersionTooLarge") == true
        || Message?.Contains("Too large resource version", StringComparison.Ordinal) == true;

    public override string ToString() => PrintableText.Of(Message ?? Reason ?? "no reason given", 300);
}

/// <summary>The part of <see cref="ApiStatus"/> that says more to programs.</summary>
internal sealed record ApiStatusDetails
{
    public int? RetryAfterSeconds { get; init; }

    public IReadOnlyList<ApiStatusCause?>? Causes { get; init; }
}

/// <summary>One cause of an <see cref="ApiStatus"/>.</summary>
internal sealed record ApiStatusCause
{
    public string? Reason { get; init; }
}
