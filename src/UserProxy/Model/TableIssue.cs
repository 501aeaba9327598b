namespace UserProxy.Model;

/// <summary>
/// Something in the declared state that could not be served as written, in words for its author: reported once per change, never a
/// reason to stop serving the rest. <paramref name="Subject"/> is <c>kind namespace/name</c>; <paramref name="Reason"/> a CamelCase word
/// as in Kubernetes Events.
/// </summary>
public sealed record TableIssue(string Subject, string Reason, string Message)
{
    /// <summary>Namespace and name of the Service that an EndpointSlice says to be of; null of other subjects, and where it does not say.</summary>
    public string? Service { get; init; }

    /// <summary>Where it is written, <c>FILE:LINE</c>; null of what is in no file.</summary>
    public string? Place { get; init; }

    public override string ToString() => $"{Subject}: {Message} ({Reason})";
}
