using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Objects;
using UserProxy.Model;

namespace UserProxy.Kubernetes.Manifests;

/// <summary>
/// Something in a manifest that is not as it should be, in words for its author. <paramref name="Line"/> is 0 when the whole file is
/// meant; <paramref name="Field"/> is a path such as <c>spec.ports[0].port</c>, or empty; <see cref="Subject"/> is the object that is
/// not served as written, when it could be told. A note (<see cref="IsNote"/>) is no fault: something was left alone.
/// </summary>
public sealed record ManifestProblem(string File, long Line, string Field, string Message)
{
    public ObjectKey? Subject { get; init; }

    /// <summary>Namespace and name of the Service that the object, an EndpointSlice, says to be of; null where it does not say.</summary>
    public string? Service { get; init; }

    public bool IsNote { get; init; }

    /// <summary>Under which it is reported, when it is not the reason of all faults; one of <see cref="IssueReasons"/>.</summary>
    public string? Reason { get; init; }

    /// <summary>What it stands in is not served as written; a note and a warning keep nothing from being served.</summary>
    public bool IsFault => !IsNote && !IsWarning;

    /// <summary>It is read, and most likely not what its author meant.</summary>
    public bool IsWarning => Reason is not null && IssueReasons.IsWarning(Reason);

    /// <summary>The same object, which is served instead; of a duplicate.</summary>
    public SourceLine? Served { get; init; }

    /// <summary>Without the file: <c>line 3: spec.ports: must be a list</c>.</summary>
    public string Text => $"{(Line > 0 ? $"line {Line}: " : "")}{(Field.Length > 0 ? $"{Field}: " : "")}{Message}";

    /// <summary><c>file:line: field: message</c>, the form that editors and terminals turn into a link.</summary>
    public override string ToString() =>
        $"{PrintableText.Of(File, 400)}{(Line > 0 ? $":{Line}" : "")}: {(Field.Length > 0 ? $"{Field}: " : "")}{Message}";

    internal static ManifestProblem Duplicate(ManifestObject again, ManifestObject first) =>
        new(again.Source.File, again.Source.Line, "", $"{again.Key} is declared again; the one at {PrintableText.Of(first.Source.ToString(), 400)} is served")
        {
            Subject = again.Key,
            Served = first.Source,
        };

    /// <summary>A fault or a warning, as an issue of a table.</summary>
    internal TableIssue ToIssue() => AsIssue() with { Service = Service, Place = Line > 0 ? $"{PrintableText.Of(File, 400)}:{Line}" : null };

    private TableIssue AsIssue() => (Subject, Served) switch
    {
        ({ } subject, { } served) =>
            new TableIssue(
                subject.ToString(), IssueReasons.DuplicateObject,
                $"declared again at {PrintableText.Of($"{File}:{Line}", 400)}; the one at {PrintableText.Of(served.ToString(), 400)} is served"),
        ({ } subject, _) => new TableIssue(subject.ToString(), Reason ?? IssueReasons.InvalidObject, ToString()),
        _ => new TableIssue($"Manifest {PrintableText.Of(File, 400)}", Reason ?? IssueReasons.InvalidManifest, Text),
    };
}
