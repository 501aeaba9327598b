namespace UserProxy.Model;

/// <summary>
/// Something in the declared state that could not be served as written, in words for its author: reported once per change, never a
/// reason to stop serving the rest. <paramref name="Subject"/> is <c>kind namespace/name</c>; <paramref name="Reason"/> a CamelCase word
/// as in Kubernetes Events.
/// </summary>
public sealed record TableIssue(string Subject, string Reason, string Message)
{
    public override string ToString() => $"{Subject}: {Message} ({Reason})";
}
