namespace UserProxy.App.CommandLine;

/// <summary>
/// Which Service an issue is about: its subject, or the Service that an EndpointSlice says to be of by its label. Asked by <c>explain</c>, by <c>list</c> and
/// by the answers of the admin socket.
/// </summary>
internal static class IssueSubject
{
    private const string Service = "Service ", Slice = "EndpointSlice ";

    /// <summary>Namespace and name of the Service or EndpointSlice; null of all else (a file, a node, the source), which may be about any Service.</summary>
    public static string? ObjectOf(string subject) =>
        subject.StartsWith(Service, StringComparison.Ordinal) ? subject[Service.Length..]
        : subject.StartsWith(Slice, StringComparison.Ordinal) ? subject[Slice.Length..]
        : null;

    /// <param name="subject">Of the issue.</param>
    /// <param name="about">The Service that an EndpointSlice says to be of; null where it does not say, and of a proxy that does not tell.</param>
    /// <param name="service">Namespace and name.</param>
    /// <param name="known">All Services: "web-api-1" is no slice of "web" where there is a Service "web-api".</param>
    public static bool IsOf(string subject, string? about, string service, IEnumerable<string> known)
    {
        if (subject == $"{Service}{service}") return true;
        if (!string.IsNullOrEmpty(about)) return about == service;
        // Its label may be what is misspelt. The controller names slices after their Service.
        string slices = $"{Slice}{service}-";
        return subject.StartsWith(slices, StringComparison.Ordinal) && !known.Any(
            other => other.StartsWith($"{service}-", StringComparison.Ordinal) && subject.StartsWith($"{Slice}{other}-", StringComparison.Ordinal));
    }
}
