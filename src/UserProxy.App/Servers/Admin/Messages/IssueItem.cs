namespace UserProxy.App.Servers.Admin.Messages;

/// <summary>Something that is declared and cannot be served as written.</summary>
/// <param name="Subject">The object: <c>kind namespace/name</c>.</param>
/// <param name="Reason">One of the words in docs/operations.md.</param>
/// <param name="Message">What and why.</param>
internal sealed record IssueItem(string Subject, string Reason, string Message);
