using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Kubernetes.Building;

namespace UserProxy.App.Explain;

/// <summary>
/// What an author has written that is not read as meant, the likeliest cause first, and how to mend it: by the file and line where it is in a file.
/// <c>explain</c> and <c>verify</c> say the same.
/// </summary>
internal static class WrittenFault
{
    /// <summary>Of a Service, its EndpointSlices and its files. A field that is not read is why another seems to be missing, and comes first.</summary>
    public static IReadOnlyList<IssueItem> In(IEnumerable<IssueItem> issues) =>
        [.. issues.Where(IsFault).OrderBy(issue => issue.Reason is IssueReasons.UnknownField or IssueReasons.UnknownKind ? 0 : 1)];

    /// <summary>Of an EndpointSlice, or a field or kind that is not read: for these an endpoint may be missed.</summary>
    public static bool MayHideEndpoints(IssueItem fault) =>
        IsOfSlice(fault) || fault.Reason is IssueReasons.UnknownField or IssueReasons.UnknownKind;

    public static bool IsOfSlice(IssueItem fault) => fault.Subject.StartsWith("EndpointSlice ", StringComparison.Ordinal);

    /// <summary>What is wrong with addresses and ports that others have is told by the steps that look at them.</summary>
    public static bool IsFault(IssueItem issue) => !issue.Subject.StartsWith("Node ", StringComparison.Ordinal) && issue.Reason is
        IssueReasons.InvalidAnnotation or IssueReasons.InvalidSourceRange or IssueReasons.InvalidAffinity or IssueReasons.InvalidPort
        or IssueReasons.DuplicatePort or IssueReasons.DuplicateObject or IssueReasons.InvalidAddress or IssueReasons.InvalidEndpoint
        or IssueReasons.UnknownField or IssueReasons.UnknownKind or IssueReasons.InvalidObject or IssueReasons.MissingServiceName;

    /// <summary><c>mend FILE:LINE: endpoints[0].adresses: ...</c>, of one that is in a file.</summary>
    public static string StepOf(IssueItem fault)
    {
        string before = $"{fault.Place}: ", after = $" ({fault.Place})";
        string what = fault.Message.StartsWith(before, StringComparison.Ordinal) ? fault.Message[before.Length..]
            : fault.Message.EndsWith(after, StringComparison.Ordinal) ? fault.Message[..^after.Length]
            : fault.Message;
        return $"mend {fault.Place}: {what}";
    }
}
